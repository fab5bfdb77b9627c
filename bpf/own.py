"""A user's own program in bcc's dialect: its text as the compiler is given it, and what the text says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from bpf.btf import KernelTypes
from bpf.own_code import read_source
from bpf.pasting import blanked, held_to_lines, pasted, place
from results.errors import BadInput

PROGRAMS = Path(__file__).parent / "programs"

Sees = Literal["drops", "frames"]
"""What a program observes of the traffic: each drop, or each frame that arrives."""

_OURS = ("bench.h", "tag.h", "log.h")
_OFFSET = re.compile(rb"\bBENCH_(?:OFFSET|READ)\s*\(([^;{}]*?)(\w+)\s*,\s*(\w+)\s*\)")
_SEES = re.compile(rb"\bBENCH_SEES\s*\(\s*(\w+)\s*\)")
_MAP = re.compile(rb"^[ \t]*BPF_(?!LICENSE)[A-Z_]+[ \t]*\(", re.MULTILINE)
_BENCH = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"bench\.h"', re.MULTILINE)
_EMITS = re.compile(rb"\.\s*(?:ringbuf_reserve|ringbuf_output|perf_submit)\s*\(")
_BIT_FIELD = re.compile(rb"\b\w+[ \t]+\w+[ \t]*:[ \t]*\d+[ \t]*[;,]")


@dataclass(frozen=True)
class OwnProgram:
    """`path` is as it was named; `own` is what stands there, `text` is that with bench.h in it.

    Both hold the headers that the program includes in quotation marks and that lie beside it. `contents` is what was
    read, file by file.
    """

    path: Path
    own: bytes
    text: bytes
    contents: bytes

    @classmethod
    def read(cls, path: Path) -> OwnProgram:
        """Read a program. Raises BadInput for what is not there, and for what others could have written."""
        if path.suffix != ".c":
            raise BadInput(f"program {path} is no C file: its name ends with .c, as drops.bpf.c does")
        source = read_source(path, "program")
        read = {str(path): source}

        def beside(include: str, by: str) -> tuple[str, bytes] | None:
            file = Path(by).parent / include
            if include in _OURS or by in _OURS or not file.is_file():
                return None
            read.setdefault(str(file), read_source(file, "header"))
            return str(file), read[str(file)]

        def any_of(include: str, by: str) -> tuple[str, bytes] | None:
            return (include, (PROGRAMS / include).read_bytes()) if include in _OURS else beside(include, by)

        own, text = (pasted(source, str(path), find) for find in (beside, any_of))
        program = cls(path, own, held_to_lines(text), b"".join(read.values()))
        program._check()
        return program

    @cached_property
    def code(self) -> bytes:
        """What is its own without comments and strings, each character at its place."""
        return blanked(self.own)

    def calls(self, *names: str) -> bool:
        """Tell whether the program uses one of these functions."""
        return any(re.search(rb"\b%b\s*\(" % name.encode(), self.code) for name in names)

    @property
    def counts(self) -> bool:
        """Whether it counts what became of each event; without that it is a black box."""
        return self.calls("bench_observed")

    @property
    def filters(self) -> bool:
        """Whether it looks at nobody's traffic but the session's."""
        return self.calls("bench_ours", "bench_our_frame")

    @property
    def sends_by_any_channel(self) -> bool:
        return b"BENCH_EVENT" in self.code

    @property
    def may_have_bit_fields(self) -> bool:
        return bool(_BIT_FIELD.search(self.code))

    def emits_at(self) -> str:
        """Name the lines on which events are sent into a map of the program's own."""
        return ", ".join(place(self.own, found.start()) for found in _EMITS.finditer(self.code))

    def named(self, text: str, where: str) -> str:
        """Name a line by what the verifier says of it: its text, and its file's last part and number, or nothing.

        Returns the program where that names no line.
        """
        if where:
            name, _, line = where.rpartition(":")
            return f"{self.path}:{line}" if name == self.path.name else where
        alike = [*re.finditer(rb"^[ \t]*%b[ \t]*$" % re.escape(text.encode()), self.own, re.MULTILINE)] if text else []
        return place(self.own, alike[0].start()) if len(alike) == 1 else str(self.path)

    def sees(self) -> Sees | None:
        """Return what it says that it observes."""
        found = _SEES.search(self.code)
        if found is None:
            return None
        if found[1] not in (b"drops", b"frames"):
            raise self._wrong(found.start(), f"BENCH_SEES takes frames or drops, not {found[1].decode()}")
        return "drops" if found[1] == b"drops" else "frames"

    def flags(self, types: KernelTypes, tag: bytes | None) -> list[str]:
        """Turn what only this kernel's types can tell into -D definitions. Raises BadInput for a field that is none."""
        flags = tag_flags(types, tag)
        for found in _OFFSET.finditer(self.code):
            struct, field = found[2].decode(), found[3].decode()
            try:
                offset = types.field_offset(struct, field)
            except KeyError as error:
                raise self._wrong(found.start(), f"BENCH_OFFSET: {error.args[0]} (as /sys/kernel/btf says)") from error
            flags.append(f"-DBENCH_OFFSET_{struct}__{field}={offset}")
        return list(dict.fromkeys(flags))

    def _check(self) -> None:
        counting = {
            "bench_observed()": self.calls("bench_observed"),
            "bench_submitted()": self.calls("bench_submitted", "bench_output"),
            "bench_lost()": self.calls("bench_lost", "bench_output"),
        }
        if len(set(counting.values())) > 1:
            lacking = " and ".join(name for name, there in counting.items() if not there)
            raise BadInput(
                f"program {self.path} counts a part of what becomes of its events: it lacks {lacking}; count all, "
                "or nothing, which makes it a black box"
            )
        includes, first_map = _BENCH.search(self.own), _MAP.search(self.code)
        if includes is None and re.search(rb"\b(?:bench|BENCH)_\w+\s*\(", self.code):
            raise BadInput(f'program {self.path} uses what bench.h holds: put #include "bench.h" at its top')
        if includes and first_map and first_map.start() < includes.start():
            raise self._wrong(first_map.start(), 'put #include "bench.h" before the first map')

    def _wrong(self, at: int, why: str) -> BadInput:
        """Refuse what stands at a place of `code`."""
        return BadInput(f"{place(self.own, at)}: {why}")


def tag_flags(types: KernelTypes, tag: bytes | None) -> list[str]:
    """Define what tag.h needs; nothing where the whole machine is observed."""
    if tag is None:
        return []
    return [
        f"-DTAG={int.from_bytes(tag, 'little')}ULL",
        f"-DOFFSET_HEAD={types.field_offset('sk_buff', 'head')}",
        f"-DOFFSET_MAC_HEADER={types.field_offset('sk_buff', 'mac_header')}",
    ]
