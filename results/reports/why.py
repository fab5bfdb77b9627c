"""Where what regressed went: its largest differences for a summary, all of them for a file."""

from results.brief import Names
from results.check.outcome import Outcome
from results.check.why import Account, Place, Why
from results.reports.document import Cell, Document, Line, Name, Part, Quiet, Strong, Table, cells, titled

SUMMARY_LINES = 10


def why_parts(why: Why, names: Names, most: int | None = SUMMARY_LINES) -> tuple[Part, ...]:
    """Write so many lines of all accounts together, or all of them; what may be chance is left out of so few."""
    of = f"why {names.brief(why.gated.mode)} {why.gated.metric.name}: "
    if why.because is not None:
        return ((of, why.because),)
    parts: list[Part] = []
    for account in why.accounts:
        chosen = account.places if most is None else account.telling[: most // len(why.accounts)]
        parts.append((of, account.how, "" if chosen else "; no place differs by more than chance"))
        parts += [_table(account, chosen)] if chosen else []
    return tuple(parts)


def why_screen(why: Why, names: Names) -> tuple[Part, ...]:
    """Write it for a terminal, a line a place as far as its text lets it."""
    of = f"why {names.brief(why.gated.mode)} {why.gated.metric.name}: "
    if why.because is not None:
        return ((of, why.because),)
    parts: list[Part] = []
    for account in why.accounts:
        chosen = account.telling[: SUMMARY_LINES // len(why.accounts)]
        parts.append((of, account.how, "" if chosen else "; no place differs by more than chance"))
        for place in chosen:
            a, b, more = _numbers(account, place)
            parts.append((f"{more:>12}  ", Strong(place.name), f"  A {a}, B {b}  ", Quiet(place.text)))
    return tuple(parts)


def why_words(why: Why) -> tuple[str, ...]:
    """Say the same in lines of plain words."""
    if why.because is not None:
        return (why.because,)
    lines = []
    for account in why.accounts:
        lines.append(account.how)
        for place in account.telling[: SUMMARY_LINES // len(why.accounts)]:
            texts = ", ".join(f"{title} {text}" for title, text in zip(_TITLES, _numbers(account, place), strict=True))
            lines.append(f"{place.name}: {texts}" + (f": {place.text}" if place.text else ""))
    return tuple(lines)


def why_document(outcome: Outcome) -> Document:
    """Write all places of all accounts, for a file beside the result."""
    why = outcome.why
    arms = ((f"A (baseline): {outcome.check.arm_a}",), (f"B (candidate): {outcome.check.arm_b}",))
    if why is None:
        parts: tuple[Part, ...] = ((f"{outcome.verdict}: nothing regressed, so there is nothing to explain",),)
    else:
        parts = why_parts(why, Names([why.gated.mode]), None)
    return Document(arms, parts, name="bench check", title="bench check: why", made_at=outcome.session.started_at)


_TITLES = ("A", "B", "B - A")


def _table(account: Account, places: tuple[Place, ...]) -> Table:
    lines = tuple(
        Line(place.name, (*cells(*_numbers(account, place)), Cell(Name(place.text)) if place.text else None))
        for place in places
    )
    headings = (*titled(*_TITLES), *titled("what stands there", words=("what stands there",)))
    if not any(place.text for place in places):
        headings, lines = headings[:-1], tuple(Line(line.label, line.cells[:-1]) for line in lines)
    return Table("where", headings, lines)


def _numbers(account: Account, place: Place) -> tuple[str, str, str]:
    write = account.metric.write
    a, b = ("–" if value is None else write(value) for value in (place.a, place.b))
    more = f"{'-' if place.more < 0 else '+'}{write(abs(place.more))}"
    return a, b, more if abs(place.more) > place.doubt else f"{more} (may be chance)"
