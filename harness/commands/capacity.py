"""Find the highest load that each mode handles with no loss (NDR) and with little loss (PDR), and draw the curve.

The search is MLRsearch. A trial passes when its loss is small enough, hardly anything waits in the ring at its end, and
the backlog did not grow. Frames that the generator could not send never count against the consumer: the limit is then
"at least" what was offered.

With --advise, it says how large the ring must be to survive a stall of the consumer at a given rate, and tries it. Of
several channels (--channel all), it says which one to use, by losses, by the cost to producers, and by memory.
"""

import argparse
import dataclasses

from bpf.channel import record_channels
from bpf.ring import RECORD_BYTES, SAMPLE_BYTES, stride
from harness.channel import channel_of
from harness.commands.parts import options
from harness.commands.parts.numbers import finite, load, whole
from harness.commands.parts.parser import refuse
from harness.commands.parts.status import DONE, INCONCLUSIVE, INVALID_TRIAL
from harness.commands.parts.survey_progress import AdviceProgress, SurveyProgress
from harness.consumer.program_facts import facts_of
from harness.machine.streams import say
from harness.mode_source import sources_of, traffic_of
from harness.plan import dropping, load_setting
from harness.probes.backlog import AFTER_S, BEFORE_S
from harness.session import carry_out
from harness.wishes import consumers, expand_modes
from results.capacity.advice import Advice, AdvicePlan
from results.capacity.bounds import NORMAL, QUICK, Precision
from results.capacity.channels import ChannelAdvice, ChannelsPlan
from results.capacity.plan import CapacityPlan
from results.errors import BadInput
from results.plan import Plan
from results.reports.capacity import advice_document, capacity_document, channels_document
from results.reports.forms.terminal import Console, draw
from results.trial import Setting
from traffic.discovery import load_kind

NEEDS = "kernel"

# More than XDP's live frames, run on one core, offer on any machine that we have seen.
MOST_PACKETS = 2e6
MOST_SYNTHETIC = 20e6
SYNTHETIC = "synthetic"
LEAST = 1000.0
_OF_SEARCH = ("least", "most", "loss", "width", "duration", "searches", "quick", "no_curve", "no_beyond")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_consumer_options(parser)
    group = parser.add_argument_group("the load")
    group.add_argument(
        "--traffic", default=options.DEFAULT_TRAFFIC, metavar="KIND", help="kind of drops (bench traffic)"
    )
    group.add_argument("--sender", default="auto", help="packet, xdp or auto (default: xdp where the kind allows it)")
    options.add_producers(group)
    group.add_argument("--least", type=load, default=LEAST, metavar="N", help="lowest load to try (default: 1000/s)")
    group.add_argument("--most", type=load, metavar="N", help="highest load to try (default: 2M/s; synthetic: 20M/s)")
    group = parser.add_argument_group("the search")
    group.add_argument("--loss", type=finite, default=0.5, metavar="%", help="loss that PDR allows (default: 0.5)")
    group.add_argument(
        "--width", type=finite, metavar="%", help="stop when the bounds are this close (default: 5; quick: 10)"
    )
    group.add_argument(
        "--duration", type=finite, metavar="S", help="seconds of a trial that decides (default: 2; quick: 1)"
    )
    group.add_argument(
        "--searches", type=whole, default=1, metavar="N", help="repeat each search N times, to see its spread"
    )
    group.add_argument("--quick", action="store_true", help="wider bounds, one deciding trial per load")
    group.add_argument("--no-curve", action="store_true", help="limits only")
    group.add_argument(
        "--no-beyond", action="store_true", help="do not go on with synthetic records beyond the rate of packets"
    )
    group = parser.add_argument_group("advice on the ring size and the channel")
    group.add_argument("--advise", action="store_true", help="say how large the ring of one mode must be")
    group.add_argument("--rate", type=load, metavar="N", help="… at this many drops per second")
    group.add_argument(
        "--stall", type=finite, metavar="MS", help="… to lose nothing when its consumer stops for so long"
    )
    group.add_argument("--trials", type=whole, default=5, metavar="N", help="… in so many trials (default: 5)")
    options.add_session_options(parser, "the traffic", retries="as many as decide on a load")
    options.add_probe_options(parser)
    options.add_output_options(parser)


def run(arguments: argparse.Namespace) -> int:
    return run_advice(arguments) if arguments.advise else run_survey(arguments)


def run_survey(arguments: argparse.Namespace) -> int:
    """Search, check and draw; return the exit status."""
    wanted = plan(arguments)
    recording = options.recording_of(arguments, "capacity", series=False)
    modes = [setting.mode for setting in wanted.settings]
    progress = SurveyProgress(wanted, recording.out, quiet=arguments.quiet, as_json=arguments.json)
    sources, offered = sources_of(modes, arguments.program), traffic_of([arguments.traffic])
    done = carry_out(wanted, recording, progress, modes=sources, traffic=offered)
    if not arguments.json:
        draw(capacity_document(done.answer, done.trials), Console())
    return INVALID_TRIAL if any(capacity.wrong for capacity in done.answer) else DONE


def run_advice(arguments: argparse.Namespace) -> int:
    """Find a size that holds and whose half does not, of each channel; return the exit status."""
    asked = advice_plan(arguments)
    wanted: Plan[Advice | ChannelAdvice] = asked
    recording = options.recording_of(arguments, "capacity", series=False)
    progress = AdviceProgress(asked.usual_trials, recording.out, quiet=arguments.quiet, as_json=arguments.json)
    try:
        of_mode = sources_of(expand_modes(arguments.mode), arguments.program)
        offered = traffic_of([arguments.traffic])
        done = carry_out(wanted, recording, progress, modes=of_mode, traffic=offered)
    except RuntimeError as error:
        say(f"bench: {error}")
        return INCONCLUSIVE
    found = done.answer
    if isinstance(found, ChannelAdvice):
        document, status = channels_document(found, done.trials), INCONCLUSIVE if found.best is None else DONE
    else:
        document, status = advice_document(found, done.trials), DONE
    if not arguments.json:
        draw(document, Console())
    return status


def advice_plan(arguments: argparse.Namespace) -> AdvicePlan | ChannelsPlan:
    """Settle what to advise on: a size, or a channel with its size. Raises BadInput before anything is set up."""
    if arguments.rate is None or arguments.stall is None:
        raise BadInput("--advise needs --rate N and --stall MS: how many drops per second, and how long a stall")
    if arguments.retries is not None:
        raise BadInput("--retries is only for a search: whether a ring held is a count, which needs no quiet machine")
    refuse(arguments, "only for a search, which --advise does not make", *_OF_SEARCH)
    sample_bytes = SAMPLE_BYTES if arguments.program is None else _sample_bytes(arguments.program)
    kind = dropping(arguments.traffic)
    stall_s = arguments.stall / 1000
    wishes = dataclasses.replace(
        options.consumer_wishes_of(arguments),
        sender=arguments.sender,
        producers=arguments.producers,
        intended_load=arguments.rate,
        duration_s=BEFORE_S + stall_s + AFTER_S,
    )
    plans = [
        _sized(dataclasses.replace(load_setting(name, kind.name, its), stall_s=stall_s), arguments.trials, sample_bytes)
        for name, its in consumers(arguments.mode, wishes)
    ]
    return plans[0] if len(plans) == 1 else ChannelsPlan(plans=tuple(plans))


def _sample_bytes(program: str) -> int:
    """Tell how large a program's event is. Raises BadInput for one of which no size can be tried, or seen to hold."""
    facts = facts_of(program)
    if not facts.counts:
        raise BadInput(
            f"program {program} is a black box: without its losses no ring can be seen to hold; let it count them "
            "(docs/writing-a-program.md)"
        )
    if facts.size_bytes is not None:
        raise BadInput(
            f"program {program} has a ring of its own, of {facts.size_bytes} bytes: no other size can be tried; send "
            "with BENCH_EVENT and bench_output(), and bench makes the ring"
        )
    return facts.sample_bytes


def _sized(setting: Setting, trials: int, sample_bytes: int) -> AdvicePlan:
    """Have the channel say what it takes for one CPU's share of the load."""
    plan = AdvicePlan(setting=setting, trials=trials, record_bytes=stride(sample_bytes))
    if setting.channel == "ring":
        return plan
    size_for = record_channels()[setting.channel].size_for
    records = round(plan.needed_bytes / plan.record_bytes / setting.producers) + 1
    return dataclasses.replace(
        plan, fitting_bytes=size_for(records, sample_bytes), least_bytes=size_for(1, sample_bytes)
    )


def plan(arguments: argparse.Namespace) -> CapacityPlan:
    """Settle what to search. Raises BadInput before anything is set up."""
    refuse(arguments, "only for --advise", "rate", "stall", "trials")
    facts = None if arguments.program is None else facts_of(arguments.program)
    if facts is not None and not facts.counts:
        raise BadInput(f"program {arguments.program} is a black box: without its losses there is no limit to search")
    kind = dropping(arguments.traffic)
    wishes = dataclasses.replace(
        options.consumer_wishes_of(arguments), sender=arguments.sender, producers=arguments.producers
    )
    chosen = consumers(arguments.mode, wishes)
    settings = [load_setting(name, kind.name, its) for name, its in chosen]
    options.refuse_unheeded(arguments, settings)
    in_kernel = load_kind(SYNTHETIC)
    beyond = {
        place: _open(load_setting(name, in_kernel.name, dataclasses.replace(its, sender="auto")))
        for place, (name, its) in enumerate(chosen)
        if kind.name != SYNTHETIC and its.program is None
    }
    if arguments.least is None:
        raise BadInput("--least is a number of drops per second")
    precision = _precision(arguments)
    channels = [channel_of(setting, None if facts is None else facts.sample_bytes) for setting in settings]
    return CapacityPlan(
        settings=tuple(_open(setting) for setting in settings),
        precision=precision,
        loss=arguments.loss / 100,
        least=arguments.least,
        most=(MOST_SYNTHETIC if kind.name == SYNTHETIC else MOST_PACKETS) if arguments.most is None else arguments.most,
        most_beyond=MOST_SYNTHETIC,
        beyond={} if arguments.no_beyond else beyond,
        searches=arguments.searches,
        curve=not arguments.no_curve,
        retries=precision.trials if arguments.retries is None else arguments.retries,
        record_bytes={each.name: each.record_bytes for each in channels if each.record_bytes != RECORD_BYTES},
    )


def _open(setting: Setting) -> Setting:
    """Leave load and duration to the search."""
    return dataclasses.replace(setting, intended_load=None, duration_s=None)


def _precision(arguments: argparse.Namespace) -> Precision:
    chosen = QUICK if arguments.quick else NORMAL
    if arguments.width is not None:
        chosen = dataclasses.replace(chosen, width=arguments.width / 100)
    if arguments.duration is not None:
        times = chosen.sum_s / chosen.final_s
        chosen = dataclasses.replace(chosen, final_s=arguments.duration, sum_s=times * arguments.duration)
    return chosen
