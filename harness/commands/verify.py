"""Replay a result file: check each recorded trial again, and compute anew what follows from them.

Each trial's ledger is balanced again, each trial must be the one that the plan asks for next, and every conclusion is
computed anew: nothing that the session said is believed. Exit status: 0 if the replay comes to the recorded end, 5 if
trials were invalid, 2 for a file that is torn, foreign, unfinished or not what it claims to be; for a check, its
verdict: 0 OK, 1 REGRESSED, 3 INCONCLUSIVE.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.commands.parts import outcome_files
from harness.commands.parts.parser import refuse
from harness.commands.parts.roles import output, result
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.machine.streams import say
from results.audit import AuditPlan
from results.capacity.advice import AdvicePlan
from results.capacity.channels import ChannelsPlan
from results.capacity.plan import CapacityPlan
from results.check.fleet import fleet_outcome
from results.check.outcome import Outcome
from results.check.plan import check_of, judge_session
from results.errors import BadInput
from results.explain.effect import experiment
from results.explain.plan import ExplainPlan
from results.file import ResultFile, read
from results.fleet.file import is_fleet, read_fleet
from results.fleet.plans import prove
from results.overhead import OverheadPlan
from results.peers import PeersPlan
from results.plan import failed, replayed
from results.reports.audit import audit_document
from results.reports.capacity import advice_document, capacity_document, channels_document
from results.reports.check import check_document
from results.reports.document import Document
from results.reports.explain import explain_document
from results.reports.fleet_check import fleet_check_document
from results.reports.fleet_file import fleet_file_document
from results.reports.overhead import overhead_document
from results.reports.peers import peers_document
from results.reports.run import run_document
from results.reports.why import why_document
from results.run import RunPlan
from results.session import Session
from results.trial import Trial

NEEDS = "nothing"

Replayable = AuditPlan | OverheadPlan | RunPlan | CapacityPlan | AdvicePlan | ChannelsPlan | ExplainPlan | PeersPlan
# By what only plans of that kind hold.
_FROM_JSON: Mapping[str, Callable[[Mapping[str, Any]], Replayable]] = {
    "settings": RunPlan.from_json,
    "capacity": CapacityPlan.from_json,
    "advice": AdvicePlan.from_json,
    "channels": ChannelsPlan.from_json,
    "explain": ExplainPlan.from_json,
    "peers": PeersPlan.from_json,
    "audit": AuditPlan.from_json,
    "overhead": OverheadPlan.from_json,
}


_OF_TRIALS: Mapping[type, Callable[[Sequence[Trial]], Document]] = {
    AuditPlan: audit_document,
    PeersPlan: peers_document,
    RunPlan: run_document,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=result, metavar="RESULT", help="a result file")
    parser.add_argument(
        "--session",
        metavar="ID",
        help="which session of the file (default: the last check; if there is none, all)",
    )
    parser.add_argument("--figures", type=output, metavar="FOLDER", help="draw the figures of an experiment (explain)")
    outcome_files.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if is_fleet(arguments.file):
        return _fleet(arguments)
    held = read(arguments.file)
    if held.problems:
        raise BadInput(f"{arguments.file} is not whole: {held.problems[0]}")
    if not held.sessions:
        raise BadInput(
            f"{arguments.file} holds trials without their session's line, which says what they were to answer"
        )
    sessions = _sessions(held, arguments.session)
    for option, key in (("junit", "check"), ("why", "check"), ("figures", "explain")):
        if getattr(arguments, option) and not all(key in session.plan for session in sessions):
            raise BadInput(
                f"--{option} is for {'an experiment' if key == 'explain' else 'a check'}; there is none here"
            )
    if arguments.markdown and len(sessions) > 1:
        raise BadInput(f"--markdown is for one session, and there are {len(sessions)}; name one with --session ID")
    files = outcome_files.Reports(arguments)
    statuses = []
    for session in sessions:
        trials = sorted((t for t in held.trials if t.session == session.id), key=lambda trial: trial.number)
        for trial in trials:
            if trial.valid and (wrong := trial.ledger.imbalance()):
                raise BadInput(f"trial {trial.number} is stored as valid, but its ledger does not balance: {wrong[0]}")
        if "check" in session.plan:
            outcome = _outcome(held, session, trials)
            files.write(check_document(outcome), outcome.to_json(), why_document(outcome))
            statuses.append(outcome_files.STATUS[outcome.verdict])
            continue
        try:
            document, wrong_trials = _replay(session, trials, arguments.figures)
        except EOFError as error:
            raise BadInput(f"session {session.id}: {error}; go on with: {session.command} --resume") from error
        row = {"session": session.id, "command": session.command, "trials": len(trials), "invalid": wrong_trials}
        files.write(document, row)
        statuses.append(INVALID_TRIAL if wrong_trials else DONE)
    return max(statuses)


def _fleet(arguments: argparse.Namespace) -> int:
    """Replay the session of each shard."""
    fleet = read_fleet(arguments.file)
    for problem in fleet.problems:  # a torn line, which came again; what is missing is missed below
        say(f"bench: {arguments.file}, {problem}")
    checked = "check" in fleet.plan
    refuse(arguments, "of one session, and this is a fleet's file", "session", "figures", "why")
    if not checked:
        refuse(arguments, "of a check, and this is a run", "junit")
    files = outcome_files.Reports(arguments)
    for each in fleet.hosts:
        prove(each)
    if checked:
        outcome = fleet_outcome(fleet)
        files.write(fleet_check_document(outcome), outcome.to_json())
        return outcome_files.STATUS[outcome.verdict]
    row = {"plan": fleet.plan_id, "shards": len(fleet.hosts), "lost": len(fleet.lost), "invalid": fleet.invalid}
    files.write(fleet_file_document(fleet), row)
    return INVALID_TRIAL if fleet.lost or fleet.invalid else DONE


def _sessions(held: ResultFile, identity: str | None) -> Sequence[Session]:
    if identity is not None:
        named = [session for session in held.sessions if session.id == identity]
        if not named:
            raise BadInput(f"{held.path} holds no session {identity}")
        return named
    checks = [session for session in held.sessions if "check" in session.plan]
    return checks[-1:] or held.sessions


def plan_of(session: Session) -> Replayable:
    """Read a session's plan, whichever version of bench wrote it. Raises BadInput for one that cannot be replayed."""
    for key, from_json in _FROM_JSON.items():
        if key in session.plan:
            try:
                return from_json(session.plan)
            except (KeyError, TypeError, AttributeError) as error:
                raise BadInput(f"the plan of session {session.id} is damaged: {error!r}") from error
    raise BadInput(f"session {session.id} has no plan that can be replayed; it was made by: {session.command}")


def _replay(session: Session, trials: Sequence[Trial], figures: Path | None) -> tuple[Document, int]:
    """Carry a plan out again; return what it says, and how many trials were invalid in the end."""
    plan, seed = plan_of(session), session.seed
    match plan:
        case AuditPlan() | PeersPlan() | RunPlan():
            return _OF_TRIALS[type(plan)](replayed(plan, seed, trials)), len(failed(trials))
        case OverheadPlan():
            costs = replayed(plan, seed, trials)
            return overhead_document(costs, trials), sum(cost.wrong is not None for cost in costs)
        case CapacityPlan():
            found = replayed(plan, seed, trials)
            return capacity_document(found, trials), sum(capacity.wrong is not None for capacity in found)
        case AdvicePlan():
            try:
                return advice_document(replayed(plan, seed, trials), trials), 0
            except RuntimeError as error:
                raise BadInput(f"session {session.id} came to no advice: {error}") from error
        case ChannelsPlan():
            return channels_document(replayed(plan, seed, trials), trials), 0
        case ExplainPlan():
            made = experiment(plan, replayed(plan, seed, trials))
            if figures is not None:
                from results.reports.forms.page.experiment import write_figures  # noqa: PLC0415 - matplotlib is slow

                for path in write_figures(made, figures):
                    say(str(path))
            return explain_document(made, trials), len(made.invalid)


def _outcome(held: ResultFile, session: Session, trials: Sequence[Trial]) -> Outcome:
    check = check_of(session)
    unfinished = check.wanted(check.blocks(session.seed, trials))
    return Outcome(
        session=session,
        check=check,
        judgements=judge_session(session, trials),
        trials=tuple(trials),
        warnings=("the check was stopped before it was done",) if unfinished else (),
        result_file=str(held.path),
    )
