"""A file of raw records: a header in JSON that says how to read the rest, then the records as they lay in the ring.

The header fills `HEADER_BYTES` bytes, padded with spaces and ended by a newline, so the records are read with
numpy.memmap(path, dtype=bpf.record.RECORD, mode="r", offset=16384), or with what the header says of their fields.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bpf.reasons import Reasons
from bpf.record import RECORD
from results.errors import BadInput

HEADER_BYTES = 16384
FORMAT = "bench raw records"
VERSION = 1

_NAME = re.compile(r"[A-Za-z0-9_]+")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """What a file of raw records holds.

    `reasons` are the names of the kernel that made it. `same_boot` tells whether its addresses mean the same functions
    here and now. `torn_bytes` are those of a last record that a killed run left unfinished.
    """

    records: npt.NDArray[np.void]
    realtime_offset_ns: int
    reasons: Reasons
    same_boot: bool
    torn_bytes: int


def header(realtime_offset_ns: int, reasons: Reasons) -> bytes:
    """Make the header. Raises BadInput if the kernel's names of reasons do not fit into it."""
    text = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "header_bytes": HEADER_BYTES,
            "record_bytes": RECORD.itemsize,
            "dtype": RECORD.descr,
            "realtime_offset_ns": realtime_offset_ns,
            "boot_id": boot_id(),
            "kernel": os.uname().release,
            "reasons": reasons.by_name(),
        }
    ).encode()
    if len(text) >= HEADER_BYTES:
        raise ValueError(f"the header of raw records holds {HEADER_BYTES} bytes, and this kernel's needs {len(text)}")
    return text.ljust(HEADER_BYTES - 1) + b"\n"


def read(path: Path) -> RawFile:
    """Map a file of raw records. Raises BadInput for what is none, OSError for what cannot be read."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
        size = os.fstat(file.fileno()).st_size
    try:
        row = _parse(head, size)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{path} holds no raw records (bench run --mode file --format raw makes them)") from error
    if row["version"] > VERSION or row["record_bytes"] != RECORD.itemsize:
        raise BadInput(f"{path} has raw records of version {row['version']}; this bench reads version {VERSION}")
    # Anybody can make a file, and these are shown: a kernel's names hold nothing that steers a terminal.
    if not all(_NAME.fullmatch(name) for name in row["reasons"]):
        raise BadInput(f"{path} names drop reasons as no kernel does: it is damaged, or bench did not make it")
    count, torn_bytes = divmod(size - row["header_bytes"], RECORD.itemsize)
    return RawFile(
        # An empty mapping is refused.
        records=np.memmap(path, RECORD, "r", row["header_bytes"], (count,)) if count else np.empty(0, RECORD),
        realtime_offset_ns=row["realtime_offset_ns"],
        reasons=Reasons({number: name for name, number in row["reasons"].items()}, {}),
        same_boot=row["boot_id"] == boot_id(),
        torn_bytes=torn_bytes,
    )


def _parse(head: bytes, size: int) -> dict[str, Any]:
    """Read the header of a file of that size. Raises what a header that is none leads to."""
    row = json.loads(head)
    if not isinstance(row, dict) or row["format"] != FORMAT or not isinstance(row["reasons"], dict):
        raise TypeError("no header of ours")
    numbers = [row[name] for name in ("version", "header_bytes", "record_bytes", "realtime_offset_ns")]
    if not all(type(number) is int for number in (*numbers, *row["reasons"].values())):
        raise TypeError("a number is none")
    if not 0 <= row["header_bytes"] <= size:
        raise ValueError("the header is longer than the file")
    if not 0 <= row["realtime_offset_ns"] < 1 << 63:
        raise ValueError("the clock stands at no time of this epoch")
    return {**row, "boot_id": row["boot_id"]}  # which a header has, be it null


def boot_id() -> str | None:
    """Return what names this boot of this machine; None where it is not Linux."""
    return _BOOT_ID.read_text(encoding="utf-8").strip() if _BOOT_ID.exists() else None
