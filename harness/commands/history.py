"""Show one metric over all result files of a folder, by date and commit; each machine apart.

--csv writes one row per session and one column per variant, for tools that find change points (see docs/reports.md).
"""

import argparse
from pathlib import Path

from harness.commands.parts import report_forms
from harness.commands.parts.numbers import whole
from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE
from results.errors import unknown
from results.history import read_history
from results.metrics import METRICS
from results.output import write_file
from results.reports.forms.flat import history_rows, to_csv
from results.reports.history import history_document

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="result files (*.jsonl), also in folders below it")
    parser.add_argument("--metric", default="cpu_ns_per_event", help="which metric to follow (default: %(default)s)")
    parser.add_argument("--machine", type=whole, metavar="N", help="only this machine, by its number in the list")
    report_forms.add_options(parser)
    parser.add_argument("--csv", type=output, metavar="OUT", help="write one row per session; - for stdout")


def run(arguments: argparse.Namespace) -> int:
    if arguments.metric not in METRICS:
        raise unknown(f"no metric {arguments.metric!r}", arguments.metric, METRICS, ", ".join(METRICS))
    history = read_history(arguments.folder, METRICS[arguments.metric], arguments.machine)
    content = to_csv(*history_rows(history))
    if arguments.csv is not None and str(arguments.csv) != "-":
        write_file(arguments.csv, content.encode())
    report_forms.show(history_document(history), arguments, content if str(arguments.csv) == "-" else None)
    return DONE
