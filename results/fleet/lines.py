"""The lines of a fleet's result file: those of its hosts' own files, each within one that says whose it is.

A shard's session counts once a line says that it is done, the first of each shard, until one says that it is undone.
"""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from results.errors import BadInput
from results.line import parse

FLEET = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"type"\s*:\s*"fleet"')
_HELD = b',"line":'


def wrapped(about: dict[str, Any], line: bytes) -> bytes:
    """Put a host's own line, byte for byte, into one of the fleet's file."""
    return json.dumps(about, separators=(",", ":")).encode()[:-1] + _HELD + line.strip() + b"}\n"


def parted(raw: bytes) -> tuple[dict[str, Any], bytes]:
    """Part a line into what it says and the host's own line in it, empty where it holds none. Raises BadInput."""
    head, held, rest = raw.partition(_HELD)
    if held and rest.endswith(b"}\n"):  # else it may be torn
        with suppress(BadInput):
            return parse(head + b"}"), rest[:-2]
    row = parse(raw)
    # As another program has written it anew, with other blanks.
    return row, json.dumps(row.pop("line"), separators=(",", ":")).encode() if "line" in row else b""


def finished(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Tell of each shard that is done which session counts."""
    found: dict[str, str] = {}
    for row in rows:
        if row.get("type") == "done":
            found.setdefault(str(row.get("shard")), str(row.get("session")))
        elif row.get("type") == "undone":
            found.pop(str(row.get("shard")), None)
    return found


def counted(path: Path, lines: Sequence[bytes]) -> Sequence[bytes]:
    """Give, line for line, what of a result file counts: all of it, but of a fleet's the hosts' own of what is done.

    A line of which nothing counts is blank; one that is damaged stays. Raises BadInput where nothing is done.
    """
    if not lines or not FLEET.match(lines[0]):
        return lines
    rows = list(map(_parted_or_damaged, lines))
    sessions = {*finished(row for row, _ in rows).values()}
    if not sessions:
        raise BadInput(f"no shard of the fleet of {path} was finished; bench verify says what is known of each")
    # What was told of a session before it was undone was told anew.
    void = {row.get("session"): place for place, (row, _) in enumerate(rows) if row.get("type") == "undone"}
    return [
        held if not row or (row.get("session") in sessions and place > void.get(row.get("session"), 0)) else b"\n"
        for place, (row, held) in enumerate(rows)
    ]


def _parted_or_damaged(raw: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        row, held = parted(raw) if raw.strip() else ({}, b"")
    except BadInput:
        return {}, raw
    return row, held + b"\n" * raw.endswith(b"\n")
