"""Say what changed between two result files, or between two variants in one file.

bench compare A B            what is in both files, B relative to A
bench compare FILE --a file --b epoll
                             two variants of one file, named as its report names them

bench compare FLEET FLEET    each host of one with itself in the other, and on how many of them what changed

Each number is a ratio with its interval, compared with a margin (5 % for CPU, 25 % for p99 …). Files of unlike machines
are not compared, unless --anyway says so.
"""

import argparse

from harness.commands.parts import report_forms
from harness.commands.parts.numbers import finite
from harness.commands.parts.roles import result
from harness.commands.parts.status import DONE
from results.compare import Compared, compare_files, compare_variants
from results.errors import BadInput
from results.fleet.compare import compare_fleets
from results.fleet.file import is_fleet, read_fleet
from results.reports.compare import compare_document
from results.reports.fleet_compare import fleet_compare_document
from results.scorecard.report import load

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=result, metavar="FILE", help="one or two result files")
    parser.add_argument("--a", metavar="VARIANT", help="with one file: the variant to compare with")
    parser.add_argument("--b", metavar="VARIANT", help="with one file: the variant compared")
    parser.add_argument("--margin", type=finite, metavar="PERCENT", help="the same margin for all (default: by metric)")
    parser.add_argument("--anyway", action="store_true", help="compare unlike machines, and say so")
    report_forms.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if any(map(is_fleet, arguments.files)):
        return _fleets(arguments)
    compared = _compare(arguments)
    if compared.unlike and not arguments.anyway:
        facts = "; ".join(f"{each.fact} {' / '.join(dict.fromkeys(each.values))}" for each in compared.unlike)
        raise BadInput(f"not comparable: {facts}; pass --anyway to compare all the same")
    report_forms.show(compare_document(compared), arguments)
    return DONE


def _fleets(arguments: argparse.Namespace) -> int:
    if len(arguments.files) != 2 or not all(map(is_fleet, arguments.files)) or arguments.a or arguments.b:
        raise BadInput("a fleet is compared with another fleet, host by host: give two files of fleets")
    a, b = map(read_fleet, arguments.files)
    compared = compare_fleets(a, b, _margin(arguments))
    if compared.unlike and not arguments.anyway:
        facts = "; ".join(
            f"{each.fact} of {host} {' / '.join(dict.fromkeys(each.values))}"
            for host, unlike in compared.unlike.items()
            for each in unlike
        )
        raise BadInput(f"not comparable: {facts}; pass --anyway to compare all the same")
    report_forms.show(fleet_compare_document(compared), arguments)
    return DONE


def _margin(arguments: argparse.Namespace) -> float | None:
    margin: float | None = arguments.margin
    if margin is not None and not 0 < margin < 1000:
        raise BadInput(f"--margin is {margin:g}; give percent, above 0")
    return None if margin is None else margin / 100


def _compare(arguments: argparse.Namespace) -> Compared:
    share = _margin(arguments)
    if len(arguments.files) == 2 and arguments.a is None and arguments.b is None:
        a, b = arguments.files
        return compare_files(load([a]), load([b]), (str(a), str(b)), share)
    if len(arguments.files) == 1 and arguments.a is not None and arguments.b is not None:
        return compare_variants(load(arguments.files), arguments.a, arguments.b, share)
    raise BadInput("give two files, or one file with --a VARIANT and --b VARIANT")
