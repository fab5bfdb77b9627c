"""What attaching costs the workload: the answer in a sentence for each tool, and the numbers that it rests on."""

from collections.abc import Sequence

from results import units
from results.brief import Names
from results.metrics import SENDER_PER_FRAME, WORKLOAD
from results.overhead import Overhead
from results.reports.document import Cell, Document, Doubt, Heading, Line, Name, Part, Quiet, Sentence, Strong, Table
from results.reports.names import key_to
from results.reports.sessions import disturbed
from results.scorecard.labels import labels
from results.statistics.power import POWER
from results.trial import Trial


def overhead_document(found: Sequence[Overhead], trials: Sequence[Trial]) -> Document:
    """Say what each costs, or what it would have had to cost to be told from nothing."""
    headline, parts = overhead_parts(found)
    odd = dict.fromkeys(warning for trial in trials for warning in trial.warnings)
    warnings = tuple((Doubt(f"warning: {warning}"),) for warning in odd)
    parts = (*parts, *warnings, *disturbed(trials, ""))
    return Document(headline, parts, name="bench audit", title="bench audit --overhead")


def overhead_parts(found: Sequence[Overhead]) -> tuple[tuple[Sentence, ...], tuple[Part, ...]]:
    """Return the answer, and what it rests on; of sessions of several plans, too."""
    names = Names(each.setting.mode for each in found)
    named = {setting: names.brief(label) for setting, label in labels(each.setting for each in found).items()}
    what = "the sender" if all(each.setting.sender for each in found) else "the workload"
    said = tuple(_sentence(named[each.setting], each, what) for each in found)
    measured = [each for each in found if each.cost is not None]
    table = Table("attached", _headings(what), tuple(_line(named[each.setting], each) for each in measured))
    aside = tuple(
        (
            Doubt("warning: "),
            f"of {named[each.setting]}, {each.spoilt} of {each.spoilt + len(each.values)} pairs were "
            f"set aside, the last because {each.spoilt_because}",
        )
        for each in measured
        if each.spoilt
    )
    how = _how(measured) if measured else ()
    return said, (*((table,) if measured else ()), *key_to(names), *aside, *how)


def _sentence(name: str, found: Overhead, what: str) -> Sentence:
    if found.cost is None or found.wrong is not None:
        return ("What attaching ", Name(name), f" costs is not known: {found.wrong}")
    interval = f"{_signed(found.low)} to {_signed(found.high)}"
    if found.told:
        does = "costs" if found.cost > 0 else "spares"
        return ("Attaching ", Name(name), f" {does} {what} ", Strong(units.percent(abs(found.cost))), f" ({interval}).")
    seen = "" if found.detectable is None else f"; a cost of {units.percent(found.detectable)} would have been detected"
    return ("What attaching ", Name(name), f" costs {what} is not distinguishable from zero ({interval}){seen}.")


def _headings(what: str) -> tuple[Heading, ...]:
    return (
        Heading("cost", "cost", f"how much longer {what} takes with it attached", "lower"),
        Heading("p", "p", "the chance of so clear a difference if there is no cost"),
        Heading("sees", "detectable", f"the least cost that {POWER:.0%} of such measurements would detect"),
        Heading("alone", "plain", f"what {what} takes without it"),
        Heading("tool's CPU", "cpu", "how much of a CPU it used itself meanwhile, which is not in the cost"),
        Heading("pairs", "pairs", "pairs of turns, and how many were set aside"),
    )


def _line(name: str, found: Overhead) -> Line:
    assert found.cost is not None
    assert found.p is not None
    assert found.plain is not None
    metric = SENDER_PER_FRAME if found.setting.sender else WORKLOAD
    aside = f", {found.spoilt} set aside" if found.spoilt else ""
    return Line(
        name,
        (
            Cell(_signed(found.cost), f"({_signed(found.low)} to {_signed(found.high)})", found.cost),
            Cell(f"{found.p:.2g}" if found.p >= 1e-4 else "< 0.0001", value=found.p),
            None if found.detectable is None else Cell(units.percent(found.detectable), value=found.detectable),
            Cell(metric.write(found.plain), value=found.plain),
            None if found.cpu is None else Cell(units.percent(found.cpu), value=found.cpu),
            Cell(f"{len(found.values)}{aside}", value=len(found.values)),
        ),
    )


def _signed(share: float | None) -> str:
    """Write a cost with its sign, to a hundredth of a percent; without an end where too few pairs give none."""
    if share is None or not -1 < share < float("inf"):
        return "?"
    return f"{share * 100:+.2f} %"


def _how(found: Sequence[Overhead]) -> tuple[Sentence, ...]:
    """Say how it was measured."""
    setting = found[0].setting
    sending_s = (setting.windows or 1) * (setting.duration_s or 0.0)
    turn = f"{sending_s:g} s of sending" if sending_s else "a run of the workload"
    gap_s = max(each.gap_s or 0.0 for each in found)
    steal = max((each.steal for each in found if each.steal is not None), default=None)
    took = "What the host took" if steal is None else f"The host took {units.percent(steal)}"
    unknown = " is not known" if steal is None else ""
    covered = "the true cost" if len(found) == 1 else "a session's true costs, all at once,"
    said = (
        f"A turn is {turn}. In the {units.seconds(gap_s)} before each, the tool starts or ends and comes to rest, as "
        f"does the workload. The intervals cover {covered} with {units.percent(1 - found[0].alpha)}. {took} "
        f"of the CPUs (steal){unknown}."
    )
    return ((Quiet(said),),)
