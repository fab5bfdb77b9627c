"""Write trials for other tools: CSV or Parquet for notebooks, a pyperf suite for pyperf's own commands.

CSV and Parquet hold a row a trial, by the names of the result file, metrics and host facts included (pandas, polars and
DuckDB read both). The pyperf suite holds a benchmark a metric and variant, in seconds an event.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE
from harness.machine.streams import say
from results.output import write_file
from results.scorecard.report import Report, load

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="result files")
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--csv", type=output, metavar="OUT", help="- for stdout")
    form.add_argument("--parquet", type=output, metavar="OUT", help="needs pyarrow")
    form.add_argument("--pyperf", type=output, metavar="OUT", help="for python -m pyperf show, stats, hist, compare_to")


def run(arguments: argparse.Namespace) -> int:
    report = load(arguments.files)
    out = arguments.csv or arguments.parquet or arguments.pyperf
    content = _content(report, arguments)
    if str(out) == "-":
        sys.stdout.buffer.write(content)
    else:
        write_file(out, content)
    for problem in report.problems:
        say(f"bench: {problem}")
    return DONE


def _content(report: Report, arguments: argparse.Namespace) -> bytes:
    if arguments.pyperf is not None:
        from results.reports.forms.pyperf_suite import pyperf_suite  # noqa: PLC0415 - each form loads only what it uses

        suite, caution = pyperf_suite(report)
        say(f"bench: {caution}")
        return suite
    from results.reports.forms.flat import flat_rows, to_csv, to_parquet  # noqa: PLC0415

    names, rows = flat_rows(report)
    return to_csv(names, rows).encode() if arguments.csv is not None else to_parquet(names, rows)
