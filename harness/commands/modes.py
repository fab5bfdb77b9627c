"""List the consumer modes and the channels: how each waits and reads, and whether this machine supports it."""

import argparse
import json
from collections.abc import Sequence

from bpf.channel import Channel, channel_named, record_channels
from bpf.reader import reader_named, reader_names
from harness.commands.parts.status import DONE
from modes import load_mode, mode_names, readers_of
from results.reports.document import Document, Line, Table, cells, titled
from results.reports.forms.terminal import Console, draw

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object per mode")


def run(arguments: argparse.Namespace) -> int:
    rows = [_describe(name) for name in mode_names()]
    if arguments.json:
        for row in rows:
            print(json.dumps(row))
        return DONE
    titles = ("waits by", "readers", "what it does")
    lines = tuple(
        Line(str(row["mode"]), cells(", ".join(row["waits"]), ", ".join(row["readers"]), str(row["summary"])))
        for row in rows
    )
    reasons = {name: reader_named(name).unsupported() for name in reader_names()}
    said = [(f"the {name} reader cannot be used: {reason}",) for name, reason in reasons.items() if reason is not None]
    promise = titled("what it promises", words=("what it promises",))
    carriers = Table(
        "channel",
        promise,
        tuple(Line(name, cells(_promise(kind))) for name, kind in record_channels().items()),
        narrow="fold",
    )
    draw(Document((), (Table("mode", titled(*titles, words=titles), lines, narrow="fold"), carriers, *said)), Console())
    return DONE


def _promise(channel: type[Channel]) -> str:
    return (channel.__doc__ or "").partition("\n\n")[0]


def _describe(name: str) -> dict[str, str | list[str]]:
    mode = load_mode(name)
    module_doc = __import__(mode.__module__, fromlist=["__doc__"]).__doc__ or ""
    return {
        "mode": name,
        "waits": list(mode.waits),
        "readers": list(readers_of(mode)),
        "channels": _channels(readers_of(mode)),
        "summary": " ".join(module_doc.split()),
    }


def _channels(readers: Sequence[str]) -> list[str]:
    """Name the channels from which some readers take events."""
    named = {**record_channels(), "map": channel_named("map")}
    return [name for name, channel in named.items() if set(channel.readers) & set(readers)]
