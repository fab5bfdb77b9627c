"""Make drops in every known way, and show which of them a drop monitor sees and which counter records the others.

Each situation, and each drop kind, is made in network namespaces of its own, a stated number of times, while all
witnesses are recorded: events by reason and function, counters, what the sender was told, what arrived. With FILEs, it
shows those results side by side. With --find, it answers from the results that come with bench, without root.
"""

import argparse
import datetime
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bpf.btf import KernelTypes
from bpf.reasons import Reasons
from harness.clock import Clock
from harness.columns import kept_columns, known_column, nearest
from harness.commands.parts import report_forms
from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE
from harness.machine.checkout import VERSION
from harness.machine.privileges import require
from harness.machine.streams import redraw, redraws
from results.atlas import Column, Event, Range, Row, find, read_column, read_columns
from results.errors import BadInput, unknown
from results.output import prove_writable, write_file
from results.reports.atlas import column_document, columns_document, find_document

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="show these results, by kernel; runs nothing"
    )
    parser.add_argument("--only", metavar="NAME,…", help="only these situations and drop kinds")
    parser.add_argument(
        "--find", metavar="WORD", help="say what a counter, a drop reason or a kernel function tells of"
    )
    parser.add_argument(
        "--out", type=output, metavar="FILE", help="keep the result once it is whole, in a file of its own"
    )
    printed = report_forms.add_options(parser)
    printed.add_argument("--json", action="store_true", help="one JSON object per line: a head, then a row each")


def run(arguments: argparse.Namespace) -> int:
    if (arguments.find is not None or arguments.files) and (arguments.only is not None or arguments.out):
        raise BadInput("--only and --out are for a run; FILE and --find run nothing")
    if arguments.find is not None:
        return _find(arguments, read_columns(arguments.files) if arguments.files else kept_columns())
    if arguments.files:
        columns = read_columns(arguments.files)
        report_forms.show(columns_document(columns), arguments, _json(columns) if arguments.json else None)
        return DONE
    require("kernel", "atlas", sys.argv[1:])
    if arguments.out:
        prove_writable(arguments.out)
        _refuse_others(arguments.out)
    column = Column(
        kernel=os.uname().release,
        machine=os.uname().machine,
        bench=VERSION,
        made_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    head = json.dumps(column.head())
    if arguments.json:
        print(head, flush=True)
    rows = []
    live, clock = redraws(sys.stderr), Clock()
    for total, row in made(arguments.only.split(",") if arguments.only is not None else None):
        rows.append(row)
        clock.made()
        if live:
            redraw(f"[{len(rows)}/{total}] {clock.told(total - len(rows))}: {row.name} is done")
        if arguments.json:
            print(json.dumps(row.to_json()), flush=True)
    if live:
        redraw("")
    column = replace(column, rows=tuple(rows))
    if arguments.out:
        write_file(arguments.out, _json([column]).encode())
    known = known_column(column.kernel, column.machine)
    report_forms.show(column_document(column, known), arguments, "" if arguments.json else None)
    return DONE


def _refuse_others(path: Path) -> None:
    """Raise BadInput where the result would replace what is none: only a column gives way to a newer one."""
    if path.exists() and path.stat().st_size:
        try:
            read_column(path)
        except BadInput as error:
            raise BadInput(f"{error}; it is not replaced: name a new file with --out") from error


def made(names: Sequence[str] | None) -> Iterator[tuple[int, Row]]:
    """Make situations and kinds, all where none is named; yield how many there are with each row.

    Raises BadInput, CannotRun.
    """
    # Building frames takes scapy, and a second to load it.
    from traffic.atlas import OfKind, observe  # noqa: PLC0415
    from traffic.discovery import kind_names, load_kind, load_situation, situation_names  # noqa: PLC0415

    kinds, situations = kind_names(), situation_names()
    for name in names or ():
        if name not in (*kinds, *situations):
            raise unknown(f"no situation {name!r}", name, [*situations, *kinds])
    chosen = [
        *(load_situation(name) for name in situations if names is None or name in names),
        *(OfKind(load_kind(name)) for name in kinds if names is None or name in names),
    ]
    with KernelTypes() as types:
        reasons = Reasons.of_kernel(types)
    for told in observe(chosen, reasons):
        varies = tuple(Range(name=name, least=ends[0], most=ends[1]) for name, ends in told.varies.items())
        events = tuple(Event(**asdict(event)) for event in told.events)
        yield len(chosen), Row(**(asdict(told) | {"varies": varies, "events": events}))


def _find(arguments: argparse.Namespace, columns: Sequence[Column]) -> int:
    column = nearest(columns, os.uname().release)
    rows = find(column, arguments.find)
    here = os.uname().release
    how = f"As it was on Linux {column.kernel}"
    how += "." if here == column.kernel else f"; this machine runs {here}, of which `bench atlas` tells."
    content = "".join(json.dumps(row.to_json()) + "\n" for row in rows) if arguments.json else None
    report_forms.show(find_document(column, arguments.find, rows, how), arguments, content)
    return DONE


def _json(columns: Sequence[Column]) -> str:
    lines = (line for column in columns for line in (column.head(), *(row.to_json() for row in column.rows)))
    return "".join(json.dumps(line) + "\n" for line in lines)
