"""List the consumer modes, how each waits and reads, and whether this machine supports it."""

from __future__ import annotations

import argparse
import json

from rich.table import Table

from bpf.readers import batch
from harness.commands.parts.status import DONE
from modes import load_mode, mode_names, readers_of
from results.reports.forms.terminal import Console

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a mode")


def run(arguments: argparse.Namespace) -> int:
    rows = [_describe(name) for name in mode_names()]
    if arguments.json:
        for row in rows:
            print(json.dumps(row))
        return DONE
    table = Table(box=None, pad_edge=False)
    for title in ("mode", "waits by", "readers", "what it does"):
        table.add_column(title, no_wrap=title != "what it does")
    for row in rows:
        table.add_row(str(row["mode"]), ", ".join(row["waits"]), ", ".join(row["readers"]), str(row["summary"]))
    console = Console()
    console.print(table)
    reason = batch.unsupported()
    if reason is not None:
        console.print(f"the batch reader cannot be used: {reason}")
    return DONE


def _describe(name: str) -> dict[str, str | list[str]]:
    mode = load_mode(name)
    module_doc = __import__(mode.__module__, fromlist=["__doc__"]).__doc__ or ""
    return {
        "mode": name,
        "waits": list(mode.waits),
        "readers": list(readers_of(mode)),
        "summary": " ".join(module_doc.split()),
    }
