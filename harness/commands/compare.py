"""Say what changed between two result files, or between two variants of one.

bench compare A B            what is in both files, B relative to A
bench compare FILE --a file --b epoll
                             two variants of one file, named as its report names them

Each number is a ratio with its interval, held against a margin (5 % for CPU, 25 % for p99 …). Files of unlike machines
are not compared, unless --anyway says so.
"""

import argparse
from pathlib import Path

from harness.commands.parts import report_forms
from harness.commands.parts.numbers import finite
from harness.commands.parts.status import DONE
from results.compare import Compared, compare_files, compare_variants
from results.errors import BadInput
from results.reports.compare import compare_document
from results.scorecard.report import load

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="one or two result files")
    parser.add_argument("--a", metavar="VARIANT", help="with one file: the variant to compare with")
    parser.add_argument("--b", metavar="VARIANT", help="with one file: the variant compared")
    parser.add_argument("--margin", type=finite, metavar="PERCENT", help="the same margin for all (default: by metric)")
    parser.add_argument("--anyway", action="store_true", help="compare unlike machines, and say so")
    report_forms.add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    compared = _compare(arguments)
    if compared.unlike and not arguments.anyway:
        facts = "; ".join(f"{each.fact} {' / '.join(dict.fromkeys(each.values))}" for each in compared.unlike)
        raise BadInput(f"not comparable: {facts}; pass --anyway to compare all the same")
    report_forms.show(compare_document(compared), arguments)
    return DONE


def _compare(arguments: argparse.Namespace) -> Compared:
    margin = arguments.margin
    if margin is not None and not 0 < margin < 1000:
        raise BadInput(f"--margin is {margin:g}; give percent, above 0")
    share = None if margin is None else margin / 100
    if len(arguments.files) == 2 and arguments.a is None and arguments.b is None:
        a, b = arguments.files
        return compare_files(load([a]), load([b]), (str(a), str(b)), share)
    if len(arguments.files) == 1 and arguments.a is not None and arguments.b is not None:
        return compare_variants(load(arguments.files), arguments.a, arguments.b, share)
    raise BadInput("give two files, or one file with --a VARIANT and --b VARIANT")
