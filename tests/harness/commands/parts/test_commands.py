"""What a parser takes, as whoever describes or completes it is told."""

from __future__ import annotations

import argparse

from harness.commands.parts.commands import Word, word_groups
from harness.commands.parts.parser import Parser


def test_words_are_told_by_group() -> None:
    """Flags, what follows them, and the help as it is printed; what is hidden is not told, nor an empty group."""
    parser = Parser(prog="bench what", add_help=False)
    parser.add_argument("files", nargs="+", metavar="FILE", help="read these")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing")
    parser.add_argument("--inner", help=argparse.SUPPRESS)
    parser.add_argument_group("nothing in it")
    group = parser.add_argument_group("the load")
    group.add_argument(
        "--rate", type=int, default=5, help="drops per second (default: %(default)s, as %(prog)s has it)"
    )
    group.add_argument("--wait", choices=["epoll", "busy"])
    assert list(word_groups(parser)) == [
        ("positional arguments", [Word((), "FILE…", "read these")]),
        ("options", [Word(("-q", "--quiet"), "", "say nothing")]),
        (
            "the load",
            [
                Word(("--rate",), "RATE", "drops per second (default: 5, as bench what has it)"),
                Word(("--wait",), "epoll|busy", ""),
            ],
        ),
    ]
