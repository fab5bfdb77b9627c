"""A fleet's check in words and rows, the worst first: the verdicts, and what each host says by itself."""

from collections.abc import Iterator

from results.brief import Names
from results.check.blocks import ARMS
from results.check.fleet import FleetJudgement, FleetOutcome, HostEffect
from results.check.verdict import Judgement, worst_first
from results.fleet.heat import HeatCell, HeatMap
from results.reports.check import TONES, change_of, limit_of, relation_of, relative
from results.reports.document import (
    Bad,
    Cell,
    Document,
    Drawing,
    Heading,
    Line,
    Name,
    Part,
    Quiet,
    Section,
    Sentence,
    Strong,
    Table,
    cells,
    titled,
)
from results.reports.names import key_to

_MEANS = {
    "class": "a verdict is on a class of hosts, whose signed-rank sums are added; no host is ranked among others",
    "host": "a verdict is on one host, corrected by Holm over all hosts and metrics",
}


def fleet_check_document(outcome: FleetOutcome) -> Document:
    """Say what was compared, the verdicts, who was lost, and what each host says."""
    check = outcome.check
    names = Names(each.mode for each in check.gate.gated)
    ranked = _worst_first(outcome)
    reasons = tuple(dict.fromkeys(because for each in ranked if (because := each.judgement.because)))
    table = Table(
        "mode",
        (
            *titled("metric", words=("metric",)),
            Heading("verdict", "verdict", words=True),
            Heading(check.gate.scope or "", words=True),
            *titled("B relative to A", "limit", "hosts", "least", "middle", "most"),
        ),
        tuple(_line(each, names, reasons) for each in ranked),
        reasons,
        rest="more verdicts, none worse",
    )
    remarks: tuple[Sentence, ...] = tuple((remark,) for remark in _remarks(outcome))
    lost: tuple[Sentence, ...] = tuple(
        (Bad("lost: "), Name(host.name), f": {host.lost}") for host in outcome.hosts if host.lost is not None
    )
    recompute: Sentence = ("recompute: ", Name(f"bench verify {outcome.result_file}"))
    by_host = _by_host(outcome, names)
    return Document(
        ((f"A (baseline): {check.arm_a}",), (f"B (candidate): {check.arm_b}",)),
        (table, *key_to(names), *by_host, *lost, *remarks, recompute),
        screen=(
            (),
            *(_two_lines(each, names) for each in ranked),
            (),
            *key_to(names),
            *lost,
            *((Quiet(remark),) for (remark,) in remarks),
            ("check: ", TONES[outcome.verdict](outcome.verdict)),
        ),
        sections=(
            Section("verdicts", "Verdicts", (table, *key_to(names), *lost, *remarks, recompute)),
            Section("heat", "Host by host", (Drawing("heat_map", _heat(outcome, names)),)),
            Section("hosts", "What each host says by itself", by_host),
        ),
        name="bench check --fleet",
        title=f"bench check --fleet: {outcome.verdict}",
        made_at=outcome.made_at,
    )


def _worst_first(outcome: FleetOutcome) -> list[FleetJudgement]:
    order = {id(each): place for place, each in enumerate(worst_first(each.judgement for each in outcome.judgements))}
    return sorted(outcome.judgements, key=lambda each: order[id(each.judgement)])


def _line(each: FleetJudgement, names: Names, reasons: tuple[str, ...]) -> Line:
    judgement, why = each.judgement, each.judgement.because
    verdict = TONES[judgement.verdict](judgement.verdict)
    said = (
        f"{judgement.gated.mode} {judgement.gated.metric.name} of {each.unit}: {verdict}, {relation_of(judgement)} "
        f"{change_of(judgement)}, limit {limit_of(judgement)}; {_hosts(each)}"
    )
    return Line(
        names.brief(judgement.gated.mode),
        (
            Cell(Name(judgement.gated.metric.name)),
            Cell(verdict, notes=(reasons.index(why) + 1,) if why else ()),
            Cell(each.unit),
            *cells(change_of(judgement), limit_of(judgement), str(len(each.told))),
            *_range(each),
        ),
        says=(f"{said}; {why}" if why else said,),
        whole=f"{judgement.gated.mode} {each.unit}",
    )


def _range(each: FleetJudgement) -> tuple[Cell | None, ...]:
    """Write the least, the middle and the most of what hosts say by themselves."""
    found = each.estimates
    if found is None:
        return (None, None, None)
    ends = (min(found.values), found.median, max(found.values))
    return cells(*(relative(each.judgement, end) for end in ends))


def _hosts(each: FleetJudgement) -> str:
    found, lost = each.estimates, len(each.effects) - len(each.told)
    said = f"{len(each.told)} host{'' if len(each.told) == 1 else 's'}"
    if found is not None and len(each.told) > 1:
        said += f", from {relative(each.judgement, min(found.values))} to {relative(each.judgement, max(found.values))}"
    return f"{said}, {lost} lost" if lost else said


def _two_lines(each: FleetJudgement, names: Names) -> Sentence:
    judgement = each.judgement
    return (
        TONES[judgement.verdict](f"{judgement.verdict!s:<12} "),
        Strong(f"{names.brief(judgement.gated.mode)} {judgement.gated.metric.name}"),
        f"  {relation_of(judgement)} {change_of(judgement)}, limit {limit_of(judgement)}",
        "\n",
        f"{'':<13}",
        Name(each.unit),
        f": {_hosts(each)}",
        f"; {judgement.because}" if judgement.because else "",
    )


def _by_host(outcome: FleetOutcome, names: Names) -> tuple[Part, ...]:
    headings = titled("metric", "class", "B relative to A", "A", "B", "blocks", "lost because",
                      words=("metric", "class", "lost because"))  # fmt: skip
    lines = tuple(_effect_line(each.judgement, effect, names) for each in outcome.judgements for effect in each.effects)
    said: Sentence = (Quiet("Of each host by itself, with an interval of 95 %: a description, and no verdict."),)
    return (said, Table("host", headings, lines))


def _effect_line(judgement: Judgement, effect: HostEffect, names: Names) -> Line:
    gated, write = judgement.gated, judgement.gated.metric.write
    metric, host_class = Cell(f"{names.brief(gated.mode)} {gated.metric.name}"), Cell(effect.host.host_class)
    if effect.estimate is None or effect.median_a is None or effect.median_b is None:
        lost = Cell(Bad(effect.lost)) if effect.lost is not None else None
        return Line(effect.host.name, (metric, host_class, None, None, None, None, lost))
    ends = [f"any {word}" if end is None else relative(judgement, end)
            for end, word in ((effect.low, "less"), (effect.high, "more"))]  # fmt: skip
    change = Cell(relative(judgement, effect.estimate), f"{ends[0]} to {ends[1]}")
    medians = cells(write(effect.median_a), write(effect.median_b), str(len(effect.values)))
    return Line(effect.host.name, (metric, host_class, change, *medians, None))


def _heat(outcome: FleetOutcome, names: Names) -> HeatMap:
    columns = {each.judgement.gated: None for each in outcome.judgements}
    told = {
        (effect.host.name, each.judgement.gated): (each.judgement, effect)
        for each in outcome.judgements
        for effect in each.effects
    }
    return HeatMap(
        "B relative to A, host by host",
        "B relative to A on the same host; the redder, the more",
        tuple(f"{host.name}{' (lost)' if host.lost is not None else ''}" for host in outcome.hosts),
        tuple(f"{names.brief(gated.mode)} {gated.metric.title}" for gated in columns),
        tuple(tuple(_heat_cell(*told[host.name, gated]) for gated in columns) for host in outcome.hosts),
    )


def _heat_cell(judgement: Judgement, effect: HostEffect) -> HeatCell:
    if effect.estimate is None:
        return HeatCell("–", effect.lost or "nothing")
    text = relative(judgement, effect.estimate)
    return HeatCell(text, text, effect.estimate if judgement.gated.gate.scale == "ratio" else None)


def _remarks(outcome: FleetOutcome) -> Iterator[str]:
    gate = outcome.check.gate
    assert gate.scope is not None
    yield (
        f"alpha {gate.alpha:g} over all verdicts ({len(outcome.judgements)}, by Holm), in one look after "
        f"{gate.looks[-1]} blocks on each host; {_MEANS[gate.scope]}"
    )
    if several := [f"{host.name} had {host.shards}" for host in outcome.hosts if host.shards > 1]:
        yield f"of several shards of a host, since one start, the blocks are ranked together: {', '.join(several)}"
    if any(effect.lost is not None for each in outcome.judgements for effect in each.effects):
        yield "a lost host counts as p = 1, so losing one makes no verdict more likely"
    blocks = {host.name: [trial for block in host.blocks for trial in block.trials] for host in outcome.hosts}
    if noisy := [name for name, trials in blocks.items() if any(trial.disturbed for trial in trials)]:
        counts = (sum(t.disturbed and t.arm == arm for trials in blocks.values() for t in trials) for arm in ARMS)
        yield (
            "machines were not quiet in {} trials of A and {} of B, on {} of {} hosts: the verdicts stay "
            "valid, because both arms met the same noise in random order, but take more blocks; times are doubtful"
        ).format(*counts, len(noisy), len(blocks))
    if gate.scope == "class":
        yield "a verdict on a class takes its hosts for alike; --scope host finds what one host alone has"
