"""Show one metric over all the result files of a folder: commits or dates in a row, machines kept apart.

--csv writes a row a session and a column a variant, for tools that look for change points (docs/reports.md shows one).
"""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE
from harness.machine.checkout import VERSION
from harness.machine.streams import say
from results.errors import BadInput
from results.history import history_rows, read_history
from results.metrics import METRICS
from results.output import write_file

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="result files (*.jsonl), also in folders below it")
    parser.add_argument("--metric", default="cpu_ns_per_event", help="what to follow (default: %(default)s)")
    parser.add_argument("--machine", type=int, metavar="N", help="only this machine, as the list numbers them")
    parser.add_argument("--html", type=output, metavar="OUT", help="write a page that needs nothing but itself")
    parser.add_argument("--csv", type=output, metavar="OUT", help="write a row a session; - for stdout")


def run(arguments: argparse.Namespace) -> int:
    if arguments.metric not in METRICS:
        near = difflib.get_close_matches(arguments.metric, METRICS, n=1)
        raise BadInput(
            f"no metric {arguments.metric!r}; " + (f"did you mean {near[0]}?" if near else ", ".join(METRICS))
        )
    history = read_history(arguments.folder, METRICS[arguments.metric], arguments.machine)
    if arguments.html is not None:
        from results.reports.forms.page.page import history_page  # noqa: PLC0415 - only a page needs to draw

        write_file(arguments.html, history_page(history, VERSION).encode())
    if arguments.csv is not None:
        from results.reports.forms.flat import to_csv  # noqa: PLC0415

        content = to_csv(*history_rows(history))
        if str(arguments.csv) == "-":
            print(content, end="")
            return DONE
        write_file(arguments.csv, content.encode())
    from results.reports.forms.terminal import Console  # noqa: PLC0415
    from results.reports.history import print_history  # noqa: PLC0415

    print_history(history, Console())
    for problem in history.problems:
        say(f"bench: {problem}")
    return DONE
