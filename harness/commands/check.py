"""Say whether a consumer became slower: compare it with a baseline, side by side, in random order; three verdicts.

A block is a pair: one process of each arm (baseline and candidate), measured by turns in short windows; for counts,
four trials in fresh processes. Recorded coin tosses decide every order. An exact signed-rank test on the blocks says
REGRESSED, OK or INCONCLUSIVE for each metric; all metrics that decide share one alpha.

  bench check --mode file --against main           the working tree, with main of the repository that holds the mode
  bench check --mode new.py --against old.py       another mode
  bench check --a mode=epoll --b mode=epoll,reader=callback
  bench check --mode file --baseline before.jsonl  a stored result of this machine (weaker, no pairs)
  bench check --fleet plan/ --on tls://SCHEDULER:8786
                                                   blocks on many hosts, judged together (bench fleet plan-check)

If a metric regressed, the report says why: which functions or lines take more. If the counts of the trials do not show
where, one more pair is run to sample it: a few seconds of work for each arm.

Exit status: 0 OK, 1 REGRESSED, 3 INCONCLUSIVE, 5 if too many trials were invalid, for example because a mode raised.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.check import certificates
from harness.check.arms import Arms, against, alone, sources_in, trees_in, two_settings
from harness.check.baseline import Baseline
from harness.check.baseline import load as load_baseline
from harness.check.configuration import Wanted, wanted
from harness.check.outside import said_of
from harness.check.plan import make_check, to_be_sampled, without_what_is_too_coarse
from harness.commands.parts import fleet_judge, options, outcome_files
from harness.commands.parts.progress import BudgetLine
from harness.commands.parts.roles import result, session_file
from harness.commands.parts.status import INVALID_TRIAL
from harness.machine.caller import Caller, caller
from harness.machine.fingerprint import fingerprint
from harness.machine.runfolder import run_folder
from harness.machine.streams import say
from harness.mode_source import traffic_of
from harness.session import carry_out
from harness.wishes import Wishes, expand_modes
from results import units
from results.check.certificate import Certificate
from results.check.outcome import Outcome
from results.check.plan import Check, TooManyInvalid
from results.errors import BadInput
from results.reports.check import check_document
from results.reports.why import why_document

NEEDS = "kernel"


def add_plan_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add what is compared, and how; return the group of the arms."""
    group = parser.add_argument_group("the arms")
    group.add_argument(
        "--against",
        metavar="REF|MODE",
        help="the baseline: a git ref, with which the working tree is compared, or another mode, file or module",
    )
    group.add_argument("--a", metavar="SETTING", help="the baseline as a setting: mode=epoll,reader=batch")
    group.add_argument("--b", metavar="SETTING", help="the candidate as a setting")
    options.add_consumer_options(parser, mode_required=False)
    options.add_probe_options(parser)
    options.add_gate_options(parser)
    return group


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = add_plan_options(parser)
    group.add_argument(
        "--baseline", type=result, metavar="FILE", help="a stored result of this machine as the baseline (weaker)"
    )
    fleet_judge.add_options(parser)
    outcome_files.add_options(parser)
    parser.add_argument("--no-why", action="store_true", help="do not look for the cause of a regression")
    options.add_session_options(parser, "the coin and the traffic")
    parser.add_argument(
        "--out", type=session_file, metavar="FILE", help="the result file; if it exists, the session is appended"
    )
    parser.add_argument("--quiet", action="store_true", help="do not show progress on stderr")


def run(arguments: argparse.Namespace) -> int:
    if arguments.fleet is not None:
        return fleet_judge.judge(arguments)
    fleet_judge.refuse_without_fleet(arguments)
    owner = caller()
    said, wishes = wanted(options.flags_of(arguments), options.consumer_wishes_of(arguments))
    modes = modes_of(arguments)
    if arguments.no_why and arguments.why is not None:
        raise BadInput("--why FILE is for what --no-why leaves out; give one of them")
    files = outcome_files.Reports(arguments)
    with run_folder() as folder:
        arms = arms_of(arguments, modes, wishes, folder)
        _warn(arms.lacks)
        check, baseline = _check(arguments, arms, said)
        try:
            outcome = _run(arguments, owner, arms, check, baseline)
        except TooManyInvalid as error:
            say(f"bench: {error}")
            return INVALID_TRIAL
        finally:
            _warn(said_of(arms))
    files.write(check_document(outcome), outcome.to_json(), why_document(outcome))
    return outcome_files.STATUS[outcome.verdict]


def _warn(lines: Sequence[str]) -> None:
    for line in lines:
        say(f"bench: {line}")


def modes_of(arguments: argparse.Namespace) -> Sequence[str]:
    """List the candidates. Raises BadInput where it is not said what each is held against, and by what one thing."""
    modes = [] if arguments.mode is None else expand_modes(arguments.mode)
    settings = arguments.a is not None or arguments.b is not None
    given = [arguments.against is not None, settings, arguments.baseline is not None]
    if sum(given) != 1:
        raise BadInput("name one baseline: --against REF or MODE, --a and --b, or --baseline FILE")
    if settings and (arguments.a is None or arguments.b is None):
        raise BadInput("--a and --b go together: the baseline's setting and the candidate's")
    if settings and len(modes) > 1:
        raise BadInput("--a and --b compare two settings; --mode may name one mode for both")
    if not settings and not modes:
        raise BadInput("--mode names the candidate; which is it? see bench modes")
    return modes


def arms_of(arguments: argparse.Namespace, modes: Sequence[str], wishes: Wishes, folder: Path) -> Arms:
    """Set up both arms; `folder` is where a commit is laid out."""
    if arguments.against is not None:
        return against(arguments.against, modes, wishes, folder)
    if arguments.baseline is not None:
        return alone(modes, wishes, f"stored in {arguments.baseline.name}", "now")
    return two_settings(arguments.a, arguments.b, modes, wishes)


def _check(arguments: argparse.Namespace, arms: Arms, said: Wanted) -> tuple[Check, Baseline | None]:
    check = make_check(arms, said)
    options.refuse_unheeded_by(check, arguments)
    if not arguments.no_why:
        check = replace(check, sampled=to_be_sampled(arms, said, check))
    if arguments.baseline is None:
        return check, None
    here = fingerprint()
    baseline = load_baseline(arguments.baseline, check.comparisons, check.gate.looks[-1], here)
    arm_a = check.arm_a + baseline.other_bench(here)
    return replace(check, arm_a=arm_a, baseline_session=baseline.session.id, stored=baseline.trials), baseline


def _run(arguments: argparse.Namespace, owner: Caller, arms: Arms, check: Check, baseline: Baseline | None) -> Outcome:
    certificate = certificates.find(check, fingerprint(), owner) if check.interleaved else None
    check = without_what_is_too_coarse(check, certificate)
    recording = options.recording_of(arguments, "check")
    if check.gate.budget_s is not None and certificate is not None and not arguments.quiet:
        _warn(_foretold(certificate, check))
    progress = BudgetLine(check, recording.out, quiet=arguments.quiet)
    stored = None if baseline is None else baseline.session.modes
    modes, traffic = sources_in(arms, stored), traffic_of([arguments.traffic])
    done = carry_out(check, recording, progress, modes=modes, traffic=traffic, trees=trees_in(arms))
    return Outcome(
        session=done.session,
        check=check,
        judgements=done.answer,
        trials=done.trials,
        certificate=certificate,
        result_file=str(recording.out),
    )


def _foretold(certificate: Certificate, check: Check) -> list[str]:
    """Say what a budget is sure to tell here, as far as it was certified."""
    entries = [certificate.entry(one.mode, one.metric.name) for one in check.gate.gated]
    return [
        f"certified on this host: the budget tells {units.percent(one.detectable)} of {one.gated.mode} "
        f"{one.gated.metric.name}"
        for one in entries
        if one is not None and one.detectable is not None
    ]
