"""Write trials for other tools: CSV or Parquet for notebooks, a pyperf suite for pyperf's own commands.

CSV and Parquet hold one row per trial. The columns are always the same, named as in the result file, with all metrics
and the facts of the host; --dtypes writes how pandas, polars and DuckDB have to read the CSV (docs/reports.md has the
lines). The pyperf suite holds one benchmark per metric and variant, in seconds per event.
"""

import argparse
import sys
from pathlib import Path

from harness.commands.parts.roles import output, result
from harness.commands.parts.status import DONE
from harness.machine.checkout import VERSION
from harness.machine.streams import say
from results.errors import BadInput
from results.output import write_file
from results.scorecard.report import Report, load

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=result, metavar="FILE", help="result files")
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--csv", type=output, metavar="OUT", help="write CSV; - for stdout")
    form.add_argument("--parquet", type=output, metavar="OUT", help="write Parquet; needs pyarrow")
    form.add_argument(
        "--pyperf", type=output, metavar="OUT", help="write a suite for python -m pyperf show, stats, hist, compare_to"
    )
    parser.add_argument("--dtypes", type=output, metavar="OUT", help="with --csv: the types of its columns, as JSON")


def run(arguments: argparse.Namespace) -> int:
    if arguments.dtypes is not None and arguments.csv is None:
        raise BadInput("--dtypes goes with --csv: Parquet and pyperf hold their types")
    report = load(arguments.files)
    _put(arguments.csv or arguments.parquet or arguments.pyperf, _content(report, arguments))
    if arguments.dtypes is not None:
        from results.reports.forms.flat import to_dtypes  # noqa: PLC0415 - each form loads only what it uses

        _put(arguments.dtypes, to_dtypes().encode())
    for problem in report.problems:
        say(f"bench: {problem}")
    return DONE


def _put(out: Path, content: bytes) -> None:
    if str(out) == "-":
        sys.stdout.buffer.write(content)
    else:
        write_file(out, content)


def _content(report: Report, arguments: argparse.Namespace) -> bytes:
    if arguments.pyperf is not None:
        from results.reports.forms.pyperf_suite import pyperf_suite  # noqa: PLC0415

        suite, caution = pyperf_suite(report)
        say(f"bench: {caution}")
        return suite
    from results.reports.forms.columns import NAMES  # noqa: PLC0415
    from results.reports.forms.flat import flat_rows, to_csv, to_parquet  # noqa: PLC0415

    left_out: list[str] = []
    rows = flat_rows(report, left_out)
    if left_out:
        say(f"bench: left out, since no column holds so many bits: {', '.join(left_out)}")
    return to_csv(NAMES, rows).encode() if arguments.csv is not None else to_parquet(rows, VERSION)
