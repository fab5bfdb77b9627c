"""Say what changed between two result files, or between two variants of one.

bench compare A B            what is in both files, B relative to A
bench compare FILE --a file --b epoll
                             two variants of one file, named as its report names them

Each number is a ratio with its interval, held against a margin (5 % for CPU, 25 % for p99 …). Files of unlike machines
are not compared, unless --anyway says so.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.commands.parts import options
from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE
from harness.machine.checkout import VERSION
from harness.machine.streams import say
from results.compare import Compared, compare_files, compare_variants
from results.errors import BadInput
from results.output import write_file
from results.scorecard.report import load

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="one or two result files")
    parser.add_argument("--a", metavar="VARIANT", help="with one file: the variant to compare with")
    parser.add_argument("--b", metavar="VARIANT", help="with one file: the variant compared")
    parser.add_argument(
        "--margin", type=options.finite, metavar="PERCENT", help="the same margin for all (default: by metric)"
    )
    parser.add_argument("--anyway", action="store_true", help="compare unlike machines, and say so")
    parser.add_argument("--html", type=output, metavar="OUT", help="write a page that needs nothing but itself")
    parser.add_argument("--markdown", action="store_true", help="print Markdown")


def run(arguments: argparse.Namespace) -> int:
    compared = _compare(arguments)
    if compared.unlike and not arguments.anyway:
        facts = "; ".join(f"{each.fact} {' / '.join(dict.fromkeys(each.values))}" for each in compared.unlike)
        raise BadInput(f"not comparable: {facts}; pass --anyway to compare all the same")
    if arguments.html is not None:
        from results.reports.forms.page.page import compare_page  # noqa: PLC0415 - only a page needs to draw

        write_file(arguments.html, compare_page(compared, VERSION).encode())
    from results.reports.compare import compare_markdown, print_compared  # noqa: PLC0415

    if arguments.markdown:
        print(compare_markdown(compared), end="")
    else:
        from results.reports.forms.terminal import Console  # noqa: PLC0415

        print_compared(compared, Console())
    for problem in compared.problems:
        say(f"bench: {problem}")
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
