"""Turn result files into an answer: which mode to use, and what it costs.

It prints the scorecard. --html writes one self-contained page, --markdown prints a job summary or a comment for a pull
request, --json prints one object per line of the scorecard. It needs only the files: no root, no bcc, no network.

Of a fleet's file it prints hosts × modes, and never a mean of unlike hosts; of a fleet's check, its verdicts.
"""

import argparse
import gc
import json

from harness.commands.parts import report_forms
from harness.commands.parts.roles import result
from harness.commands.parts.status import DONE
from results.check.fleet import fleet_outcome
from results.errors import BadInput
from results.fleet.file import Fleet, is_fleet, read_fleet
from results.fleet.matrix import hosts_of, matrices
from results.reports.document import Document
from results.reports.fleet import fleet_document, json_lines
from results.reports.fleet_check import fleet_check_document
from results.reports.report import report_document
from results.reports.scorecard import summarise
from results.scorecard.report import Report, load

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=result, metavar="FILE",
        help="result files; their sessions make one report; @-1 is the last result, @-2 the one before (default: @-1)",
    )  # fmt: skip
    printed = report_forms.add_options(parser)
    printed.add_argument("--json", action="store_true", help="print the scorecard as JSON Lines")


def run(arguments: argparse.Namespace) -> int:
    if any(map(is_fleet, arguments.files)):
        return _fleet(arguments)
    collecting = gc.isenabled()
    gc.disable()  # to look for cycles in what is made of many trials takes a twentieth of the time, and finds few
    try:
        report = load(arguments.files)
        report_forms.show(report_document(report), arguments, _json_lines(report) if arguments.json else None)
    finally:
        if collecting:
            gc.enable()
    return DONE


def _fleet(arguments: argparse.Namespace) -> int:
    if len(arguments.files) > 1:
        raise BadInput("a fleet's file is reported by itself; bench compare puts two of them side by side")
    document, rows = report_of(read_fleet(arguments.files[0]))
    report_forms.show(document, arguments, rows if arguments.json else None)
    return DONE


def report_of(fleet: Fleet) -> tuple[Document, str]:
    """Say of a fleet hosts × modes, or the verdicts of its check; also as JSON, line by line."""
    if "check" in fleet.plan:
        outcome = fleet_outcome(fleet)
        return fleet_check_document(outcome), json.dumps(outcome.to_json()) + "\n"
    hosts = hosts_of(fleet)
    found = matrices(hosts, fleet.plan)
    return fleet_document(fleet, hosts, found), json_lines(found)


def _json_lines(report: Report) -> str:
    summary = summarise(report.variants)
    names = [heading.name for heading in summary.headings]
    return "".join(
        json.dumps(
            {
                "label": line.label,
                "load": line.load,
                "trials": line.trials,
                "invalid": line.invalid,
                "disturbed": line.disturbed,
                "doubtful": line.doubtful,
                "loss_ratio_worst": line.worst_loss,
                **{name: cell.value for name, cell in zip(names, line.cells, strict=True) if cell},
            }
        )
        + "\n"
        for line in summary.lines
    )
