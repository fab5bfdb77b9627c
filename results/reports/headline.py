"""The answer in words: which variant keeps up, which loses how much, and what an event costs."""

from collections.abc import Sequence

from results import units
from results.metrics import AGE_P99, CPU_PER_EVENT, EMIT_PER_EVENT, LOSS_RATIO, NS_PER_EVENT, PROGRAM_PER_EVENT, Metric
from results.reports.document import Name, Sentence
from results.reports.loss import with_worst
from results.reports.sessions import marked
from results.scorecard.rows import Row
from results.scorecard.variants import Limit, Variant, fair_load, limit, lost_any, offered, searched

_LISTED = 3  # names in one sentence before the rest are only counted


def headline(listed: Sequence[Variant]) -> list[Sentence]:
    """Say the outcome in a few sentences, the most important first."""
    said: list[Sentence] = []
    if any(variant.limits for variant in listed):
        said += _by_limits(listed)
    elif searched(listed):
        said += _by_search(listed)
    elif (load := fair_load(listed)) is not None:
        said += _at_one_load(listed, load)
    elif unpaced := [
        variant for variant in listed if variant.rows[0].timed and variant.at(None) and not variant.rows[0].black_box
    ]:
        said += _unpaced(unpaced)
    if boxes := [variant for variant in listed if any(row.black_box for row in variant.rows)]:
        said.append(
            (
                "Losses are not known of ",
                *_names(boxes),
                ": of a black box, only what was sent and consumed is counted.",
            )
        )
    load = fair_load(listed)
    at = ""
    if searched(listed):
        at = " just below its limit" if load is None else f" at {units.quantity(load)}/s"
    chosen = [(variant.label, row) for variant in listed if (row := variant.reference(load))]
    said += _extremes(chosen, CPU_PER_EVENT, f"CPU time per event{at} was lowest with ", "; highest with ")
    said += _extremes(chosen, PROGRAM_PER_EVENT, f"Kernel time per drop{at} was lowest with ", "; highest with ")
    said += _extremes(chosen, EMIT_PER_EVENT, f"Time to write a record{at} was lowest with ", "; highest with ")
    said += _extremes(chosen, NS_PER_EVENT, "Time per event to empty a full ring was lowest with ", "; highest with ")
    said += _extremes(chosen, AGE_P99, f"99 % of the events consumed{at} were handled soonest by ", "; latest by ")
    return said or [("No trial is valid: there is nothing to compare.",)]


def _by_search(listed: Sequence[Variant]) -> list[Sentence]:
    """Say first what keeps up with most and what fails first, then up to which load each keeps up."""
    tried = sorted((v for v in listed if v.paced_rows), key=lambda variant: -(variant.capacity or 0.0))
    groups: dict[str, list[Variant]] = {}
    for variant in tried:
        groups.setdefault(units.quantity(variant.capacity) if variant.capacity else "", []).append(variant)
    (upto, best), *others = groups.items()
    if not upto:
        return [
            (f"No variant kept up: already at {_load(best[0].paced_rows[0])} drops/s ", *_names(best), " lost some.")
        ]
    every_load = all(variant.first_loss is None for variant in best)
    first: list[str] = [*_names(best), " kept up with every load offered, " if every_load else " kept up ", "up to "]
    first.append(f"{upto} drops/s")
    failing = [(variant, row) for variant in others[-1][1] if (row := variant.first_loss)] if others else []
    if failing:
        variant, row = max(failing, key=lambda pair: _worst_loss(pair[1]))
        first += ["; ", Name(variant.label), f" lost {_loss(row)} at {_load(row)}/s"]
    rest: list[str] = []
    for load, members in others:
        rest += ["; " if rest else "The others kept up: ", *_names(members)]
        rest.append(f" up to {load}/s" if load else " not even at the lowest load")
    return [(*first, "."), (*rest, ".")] if rest else [(*first, ".")]


def _by_limits(listed: Sequence[Variant]) -> list[Sentence]:
    """Say which takes most without loss and which least, then the others, then what a little loss buys."""
    pairs = [(variant, limit(variant.limits.ndr)) for variant in listed if variant.limits]
    pairs.sort(key=lambda pair: -(pair[1].lower or 0.0))
    (best, most), (worst, least) = pairs[0], pairs[-1]
    first: list[str] = [Name(best.label), f" keeps up to {_limit(most)} with no loss"]
    if worst is not best:
        first += ["; ", Name(worst.label), f" to {_limit(least)}"]
    said: list[Sentence] = [(*first, ".")]
    between: list[str] = []
    for variant, found in pairs[1:-1]:
        between += ["; " if between else "Between them: ", Name(variant.label), f" {_limit(found)}"]
    if between:
        said.append((*between, "."))
    if any(found.at_least for _, found in pairs):
        said.append(('"At least" means that the sender was the limit, not the consumer.',))
    little: list[str] = []
    for variant, found in pairs:
        pdr = _limit(limit(variant.limits.pdr)) if variant.limits else ""
        if pdr != _limit(found):
            little += ["; " if little else "", Name(variant.label), f" {pdr}"]
    if little and best.limits:
        said.append((f"With at most {units.percent(best.limits.loss)} lost: ", *little, "."))
    return said


def _limit(found: Limit) -> str:
    if found.lower is None:
        return f"less than {units.rate(found.upper or 0)}"
    return f"{'at least ' if found.at_least else ''}{units.rate(found.lower)}"


def _names(listed: Sequence[Variant]) -> list[str]:
    said: list[str] = []
    for place, variant in enumerate(listed):
        said += ["" if place == 0 else " and " if place == len(listed) - 1 else ", ", Name(variant.label)]
    return said


def _at_one_load(listed: Sequence[Variant], load: float) -> list[Sentence]:
    rows = [(variant, row) for variant in listed if (row := variant.at(load)) and row in variant.paced_rows]
    losing = [(variant, row) for variant, row in rows if row is variant.first_loss]
    losing.sort(key=lambda pair: -_worst_loss(pair[1]))
    starved = [variant for variant, row in rows if row.limited_by == "generator"]
    where = f"At {'what the sender offered of ' if starved else ''}{units.quantity(load)} drops/s "
    short: list[Sentence] = [("The sender offered less than that to ", *_names(starved), ".")] if starved else []
    if not losing:
        if len(rows) == 1:
            return [(where, Name(rows[0][0].label), " kept up: no drop was lost."), *short]
        every = "both" if len(rows) == 2 else f"all {len(rows)}"
        return [(f"{where}{every} variants kept up: no drop was lost.",), *short]
    worst: list[str] = []
    for variant, row in losing[:_LISTED]:
        worst += [", " if worst else "", Name(variant.label), f" lost {_loss(row)}"]
    more = len(losing) - _LISTED
    worst.append(f", and {more} more lost some." if more > 0 else ".")
    kept = len(rows) - len(losing)
    if not kept:
        return [(where, *worst), *short]
    return [(f"{where}{kept} of {len(rows)} variants kept up; ", *worst), *short]


def _unpaced(listed: Sequence[Variant]) -> list[Sentence]:
    losing = [(variant, row) for variant in listed if (row := variant.at(None)) and lost_any(row)]
    if not losing:
        return [("With an unpaced sender no drop was lost.",)]
    variant, row = max(losing, key=lambda pair: _worst_loss(pair[1]))
    rest = f"; so did {len(losing) - 1} more of {len(listed)}, but less." if len(losing) > 1 else "."
    return [("With an unpaced sender ", Name(variant.label), f" lost {_loss(row)} of the drops{rest}")]


def _extremes(chosen: Sequence[tuple[str, Row]], column: Metric, begin: str, end: str) -> list[Sentence]:
    """Name the lowest, with those whose intervals it cannot be told from, and the highest; one alone is only said."""
    found = [
        (label, value, marked(column.write(value.median), row.disturbed(column)))
        for label, row in chosen
        if (value := row.spread(column))
    ]
    if not found:
        return []
    if len(found) == 1:
        return [(Name(found[0][0]), f": {found[0][2]}, {column.means}.")]
    found.sort(key=lambda each: each[1].median)
    (first, least, least_said), (last, most, most_said) = found[0], found[-1]
    said: list[str] = [begin, Name(first), f" ({least_said})"]
    level = [label for label, value, _ in found[1:] if value.low <= least.high]
    if len(level) == len(found) - 1:
        said.append(", not distinguishable from any other")
    elif level:
        said.append(", not distinguishable from ")
        for place, label in enumerate(level[:_LISTED]):
            said += ["" if place == 0 else ", ", Name(label)]
        if len(level) > _LISTED:
            said.append(f" and {len(level) - _LISTED} more")
    if most.low > least.high:
        ratio = most.median / least.median if least.median else 0
        times = f", {float(f'{ratio:.2g}'):,g} times that" if ratio >= 1.1 else ""
        said += [end, Name(last), f" ({most_said}{times})"]
    return [(*said, ".")]


def _load(row: Row) -> str:
    return units.quantity(offered(row))


def _loss(row: Row) -> str:
    """Write the loss so that no median hides one: the worst, too, or how many trials lost some where not all did."""
    loss = row.spread(LOSS_RATIO)
    if loss is None or min(loss.values) > 0:
        return with_worst(loss.values if loss else (0.0,))
    losing = sum(value > 0 for value in loss.values)
    return f"{units.percent(max(loss.values))} in {losing} of {len(loss.values)} trials"


def _worst_loss(row: Row) -> float:
    loss = row.spread(LOSS_RATIO)
    return max(loss.values) if loss else 0.0
