"""Modes by names that leave room for their numbers, and the key to what they stand for."""

from collections.abc import Iterable
from dataclasses import replace

from results.brief import Names
from results.reports.document import Facts, Part
from results.scorecard.report import Report
from results.scorecard.rows import Row
from results.scorecard.variants import Variant


def key_to(names: Names) -> tuple[Part, ...]:
    """Say what names stand for, where any is cut."""
    return (Facts(names.key),) if names.key else ()


def brief_report(report: Report) -> tuple[Report, Names]:
    """Name the rows and variants of a report briefly."""
    names = Names(trial.setting.mode for trial in report.trials)
    found, listed = brief_rows(report.rows, report.variants, names)
    return replace(report, rows=found, variants=listed), names


def brief_rows(
    found: Iterable[Row], listed: Iterable[Variant], names: Names
) -> tuple[tuple[Row, ...], tuple[Variant, ...]]:
    """Name rows briefly, and the variants that they are the rows of."""
    if not names.key:
        return tuple(found), tuple(listed)
    rows = {id(row): replace(row, label=names.brief(row.label)) for row in found}
    variants = (
        replace(each, label=names.brief(each.label), rows=tuple(rows[id(row)] for row in each.rows)) for each in listed
    )
    return tuple(rows.values()), tuple(variants)
