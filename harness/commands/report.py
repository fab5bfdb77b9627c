"""Turn result files into the answer: which mode to use, and what it costs.

Prints the scorecard; --html writes one self-contained page, --markdown prints what a job summary or a pull request
takes, --json one object a line of the scorecard. Needs the files alone: no root, no bcc, no network.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE
from harness.machine.checkout import VERSION
from harness.machine.streams import say
from results.output import write_file
from results.scorecard.report import Report, load

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="result files; sessions are put together")
    parser.add_argument("--html", type=output, metavar="OUT", help="write a page that needs nothing but itself")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown, the table first")
    form.add_argument("--json", action="store_true", help="print one JSON object a line of the scorecard")


def run(arguments: argparse.Namespace) -> int:
    report = load(arguments.files)
    if arguments.html is not None:
        from results.reports.forms.page.page import report_page  # noqa: PLC0415 - only a page needs to draw

        write_file(arguments.html, report_page(report, VERSION).encode())
    if arguments.markdown:
        from results.reports.forms.markdown import report_markdown  # noqa: PLC0415

        print(report_markdown(report), end="")
    elif arguments.json:
        for line in _json_lines(report):
            print(line)
    else:
        from results.reports.forms.terminal import Console  # noqa: PLC0415
        from results.reports.run import print_report  # noqa: PLC0415

        print_report(report, Console())
    for problem in report.problems:
        say(f"bench: {problem}")
    return DONE


def _json_lines(report: Report) -> list[str]:
    names = [heading.name for heading in report.summary.headings]
    return [
        json.dumps(
            {
                "label": line.label,
                "load": line.load,
                "trials": line.trials,
                "invalid": line.invalid,
                "disturbed": line.disturbed,
                **{name: cell.value for name, cell in zip(names, line.cells, strict=True) if cell},
            }
        )
        for line in report.summary.lines
    ]
