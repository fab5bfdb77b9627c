"""Turn arms and what is wanted into a check: what is compared, what is gated, and when it looks."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from harness.check.arms import Arms, Side
from harness.check.configuration import DEFAULT_DRAIN, LOAD_S, Wanted
from harness.consumer.program_facts import facts_of
from harness.plan import DEFAULT_LOAD, INSTRUCTIONS_RECORDS, drain_setting, dropping, load_setting
from harness.probes.lines import unsupported
from results.check.blocks import Arm, Comparison
from results.check.certificate import Certificate
from results.check.fleet import default_blocks, refuse_impossible
from results.check.gate import Gated, GatePlan, Scope, default_looks
from results.check.plan import Check
from results.check.why import FEWEST_WINDOWS
from results.errors import BadInput
from results.metrics import Gate
from results.trial import Setting

# Of each arm, in a pair: enough for a quarter of them to be wild, and for the pair to end within seconds.
WINDOWS = 60
# Of a window, about a millisecond of work: a scheduler rarely takes the CPU away so soon after a sleep, and what a wild
# window spoils is soon made up for. Longer ones were no steadier.
WINDOW_RECORDS = {"batch": 1 << 14, "callback": 1000}
# Seconds of load in a window: attaching and detaching take a tenth of that.
LOAD_WINDOW_S = 0.1
# Of a window that is sampled: so many looks into it that its beginning and end do not count.
SAMPLED_RECORDS = {"batch": 1 << 17, "callback": 4000}
# What is done once a window must not be all of it.
FEWEST_RECORDS = 1000


def make_check(arms: Arms, said: Wanted) -> Check:
    """Settle what runs and what is judged. Raises BadInput before anything is set up."""
    return _make(arms, said, lambda metrics: said.looks or default_looks(metrics, said.alpha))


def make_fleet_check(arms: Arms, said: Wanted, scope: Scope, units: Sequence[int]) -> Check:
    """Settle what each host of a fleet runs; `units` are the numbers of hosts that a verdict is of.

    Raises BadInput for a plan that cannot fail.
    """
    check = _make(arms, said, lambda metrics: said.looks or (default_blocks(metrics, said.alpha, units),), scope)
    refuse_impossible(check.gate, units)
    return check


def _make(arms: Arms, said: Wanted, looks: Callable[[int], tuple[int, ...]], scope: Scope | None = None) -> Check:
    gated = tuple(one for mode, (_, b) in arms.pairs.items() for one in said.gated(mode, b.wishes.program))
    comparisons: dict[tuple[str, str, str], Comparison] = {}
    for one in gated:
        a, b = arms.pairs[one.mode]
        key = (one.mode, one.gate.trial_kind, one.gate.pass_)
        alike = [other.gate for other in gated if (other.mode, other.gate.trial_kind, other.gate.pass_) == key]
        pairs = said.pairs and not all(gate.counted for gate in alike) and _takes_turns(a) and _takes_turns(b)
        comparisons[key] = Comparison(
            one.mode,
            _setting(a, arms.words_a, one.gate, said, pairs=pairs),
            _setting(b, arms.words_b, one.gate, said, pairs=pairs),
            short=said.pairs and one.gate.pass_ == "instructions",
        )
    return Check(
        gate=GatePlan(
            alpha=said.alpha,
            looks=() if said.budget_s is not None else looks(len(gated)),
            gated=gated,
            budget_s=said.budget_s,
            scope=scope,
        ),
        comparisons=tuple(comparisons.values()),
        arm_a=_words(arms, "A", comparisons.values()),
        arm_b=_words(arms, "B", comparisons.values()),
    )


def _words(arms: Arms, arm: Arm, comparisons: Iterable[Comparison]) -> str:
    """Say what an arm is; also how a mode is read in it, where nobody said how and the other arm reads it otherwise."""
    words = dict.fromkeys([arms.words_a if arm == "A" else arms.words_b])
    for one in comparisons:
        wished = any(side.wishes.reader for side in arms.pairs[one.mode])
        if one.a.reader and one.b.reader and one.a.reader != one.b.reader and not wished:
            words[f"{one.mode} read by {one.setting(arm).reader}"] = None
    return ", ".join(words)


def to_be_sampled(arms: Arms, said: Wanted, check: Check) -> tuple[Comparison, ...]:
    """Settle what is run once more to say why something regressed: nothing, where not both arms can be sampled."""
    if not said.pairs or unsupported() is not None:
        return ()
    found: dict[tuple[str, str], Comparison] = {}
    for one in check.gate.gated:
        a, b = (_sampled_setting(side, one.gate, said) for side in arms.pairs[one.mode])
        found.setdefault((one.mode, one.gate.trial_kind), Comparison(one.mode, a, b))
    return tuple(found.values())


def _sampled_setting(side: Side, gate: Gate, said: Wanted) -> Setting:
    if gate.trial_kind == "load":
        setting = _load_setting(side, gate, said, pairs=True)
    else:
        reader = drain_setting(side.mode, 1, side.wishes, side.tree).reader
        records = SAMPLED_RECORDS["callback" if reader == "callback" else "batch"]
        setting = drain_setting(side.mode, records, side.wishes, side.tree)
        setting = dataclasses.replace(setting, windows=FEWEST_WINDOWS)
    return dataclasses.replace(setting, pass_="sampled")


def without_what_is_too_coarse(check: Check, certificate: Certificate | None) -> Check:
    """Take out of the gate, before anything runs, what this host cannot see: a detectable effect above the margin."""
    if certificate is None:
        return check
    gated = tuple(dataclasses.replace(one, excluded_because=_too_coarse(one, certificate)) for one in check.gate.gated)
    return dataclasses.replace(check, gate=dataclasses.replace(check.gate, gated=gated))


def _too_coarse(gated: Gated, certificate: Certificate) -> str | None:
    entry = certificate.entry(gated.mode, gated.metric.name)
    if entry is None or entry.detectable is None or entry.detectable <= gated.gate.margin:
        return None
    return (
        f"by this host's certificate, changes below {entry.detectable:.1%} are not distinguishable from noise here, "
        f"and delta is {gated.gate.margin:.1%}; raise delta, or measure more and certify again"
    )


def _takes_turns(side: Side) -> bool:
    """Tell whether a consumer can begin anew; of users' own programs, not all can."""
    facts = None if side.wishes.program is None else facts_of(side.wishes.program)
    return facts is None or facts.begins_anew


def _setting(side: Side, words: str, gate: Gate, said: Wanted, *, pairs: bool) -> Setting:
    """Settle what runs; of a state of the sources that cannot do it, say which it is."""
    try:
        return _settled(side, gate, said, pairs=pairs)
    except BadInput as error:
        if side.tree is None:
            raise
        raise BadInput(f"{words}: {error}") from error


def _settled(side: Side, gate: Gate, said: Wanted, *, pairs: bool) -> Setting:
    """Settle what runs: in a pair, what is to be drained is parted into windows."""
    if gate.trial_kind == "load":
        return _load_setting(side, gate, said, pairs=pairs)
    default = INSTRUCTIONS_RECORDS if gate.pass_ == "instructions" else DEFAULT_DRAIN
    records = default if said.drain_records is None else said.drain_records
    setting = dataclasses.replace(drain_setting(side.mode, records, side.wishes, side.tree), pass_=gate.pass_)
    if not pairs:
        return setting
    if said.drain_records is None:
        windows, each = WINDOWS, WINDOW_RECORDS["callback" if setting.reader == "callback" else "batch"]
    else:
        windows = min(WINDOWS, max(2, records // FEWEST_RECORDS // 2 * 2))
        each = max(1, records // windows)
    in_windows = drain_setting(side.mode, each, side.wishes, side.tree)
    return dataclasses.replace(in_windows, pass_=gate.pass_, windows=windows)


def _load_setting(side: Side, gate: Gate, said: Wanted, *, pairs: bool) -> Setting:
    """Part the load of a trial into windows; what a consumer's own program emits has no others beside it."""
    kind = dropping(said.traffic)
    setting = dataclasses.replace(load_setting(side.mode, kind.name, side.wishes, side.tree), pass_=gate.pass_)
    if not pairs or setting.sender == "synthetic":
        return setting
    in_all_s = side.wishes.duration_s if said.duration_given else LOAD_S
    drops = (setting.intended_load or DEFAULT_LOAD) * in_all_s
    windows = max(2, 2 * round(min(in_all_s / LOAD_WINDOW_S, drops / FEWEST_RECORDS) / 2))
    return dataclasses.replace(setting, duration_s=round(in_all_s / windows, 9), windows=windows)
