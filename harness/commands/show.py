"""Print a file of raw records (`bench run --mode file --format raw --trace FILE`) as lines.

Drop reasons have the names that they had on the kernel that recorded them. Functions can be named only by root, on the
same machine, before it boots again; otherwise their addresses are shown.
"""

import argparse
import sys
from pathlib import Path

from bpf.symbols import KALLSYMS, Symbols
from harness.commands.parts.numbers import whole
from harness.commands.parts.status import DONE
from harness.machine.streams import say
from modes.parts import rawfile
from modes.parts.lines import BatchLines, JsonForm, TextForm
from results.errors import BadInput

NEEDS = "nothing"
_AT_ONCE = 8192


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the raw records")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="as of bench run (default: text)")
    parser.add_argument("--first", type=whole, metavar="N", help="show no more than the first N records")


def run(arguments: argparse.Namespace) -> int:
    if arguments.first is not None and arguments.first < 0:
        raise BadInput(f"--first must be 0 or more; it is {arguments.first}")
    try:
        raw = rawfile.read(arguments.file)
    except OSError as error:
        raise BadInput(f"cannot read {arguments.file}: {error.strerror}") from error
    symbols = Symbols(KALLSYMS.read_bytes() if raw.same_boot and KALLSYMS.exists() else b"")
    form = (JsonForm if arguments.format == "json" else TextForm)(raw.reasons, symbols)
    lines = BatchLines(form, raw.realtime_offset_ns)
    records = raw.records[: arguments.first]
    sys.stdout.flush()
    for begin in range(0, len(records), _AT_ONCE):
        sys.stdout.buffer.write(lines.lines(records[begin : begin + _AT_ONCE]))
    sys.stdout.flush()
    if raw.torn_bytes:
        say(f"the last record is torn: {raw.torn_bytes} bytes of it were left out")
    if len(records) and not len(symbols):
        why = "root may read the kernel's symbols" if raw.same_boot else "they are another boot's, or another machine's"
        say(f"functions are shown as addresses: {why}")
    return DONE
