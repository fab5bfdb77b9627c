"""The reader of BTF follows any graph of types that libbpf accepts: types that are not there, circles, wrong kinds."""

from __future__ import annotations

import contextlib
import ctypes
import struct

from hypothesis import example, given
from hypothesis import strategies as st

from bpf.btf import (
    KIND_ENUM,
    KIND_FUNC_PROTO,
    KIND_INT,
    KIND_PTR,
    KIND_STRUCT,
    KIND_TYPEDEF,
    KIND_UNION,
    KernelTypes,
    libbpf,
)  # fmt: skip
from bpf.errors import CannotRun
from bpf.reasons import Reasons

NAMES = [
    "",
    "sk_buff",
    "head",
    "mac_header",
    "skb_drop_reason",
    "skb_drop_reason_subsys",
    "btf_trace_kfree_skb",
    "\xff",
]
Type = tuple[int, int, int, list[tuple[int, int, int]]]
"""(kind, place of the name, size or type, what follows: up to three numbers each)."""


class TypesOf(KernelTypes):
    """Types from bytes, not from the kernel."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob

    def _load(self) -> int:
        lib = libbpf()
        lib.btf__new.restype = ctypes.c_void_p
        lib.btf__new.argtypes = [ctypes.c_char_p, ctypes.c_uint32]
        found: int | None = lib.btf__new(self._blob, len(self._blob))
        if not found:  # as 1.5 does where 1.1 takes them: asking NULL would end this process
            raise CannotRun("libbpf refuses these types", "describe types that there are")
        return found


def blob(types: list[Type]) -> bytes:
    """Lay out the format of Documentation/bpf/btf.rst."""
    strings = b"\0" + b"".join(name.encode("latin-1") + b"\0" for name in NAMES[1:])
    places = [strings.index(b"\0" + name.encode("latin-1") + b"\0") + 1 if name else 0 for name in NAMES]
    body = b""
    for kind, name, size_or_type, rows in types:
        body += struct.pack("=III", places[name], kind << 24 | len(rows), size_or_type)
        match kind:
            case 1:
                body += struct.pack("=I", 32)
            case 4 | 5:
                body += b"".join(struct.pack("=III", places[a % len(NAMES)], b, c) for a, b, c in rows)
            case 6:
                body += b"".join(struct.pack("=Ii", places[a % len(NAMES)], b - 100) for a, b, _ in rows)
            case 13:
                body += b"".join(struct.pack("=II", places[a % len(NAMES)], b) for a, b, _ in rows)
    header = struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(body), len(body), len(strings))
    return header + body + strings


@st.composite
def graphs(draw: st.DrawFn) -> list[Type]:
    kinds = st.sampled_from([KIND_INT, KIND_PTR, KIND_STRUCT, KIND_UNION, KIND_ENUM, KIND_TYPEDEF, 9, KIND_FUNC_PROTO])
    number = st.integers(0, 12)
    rows = st.lists(st.tuples(number, number, st.integers(0, 2**32 - 1)), max_size=4)
    types = draw(st.lists(st.tuples(kinds, st.integers(0, len(NAMES) - 1), number, rows), min_size=1, max_size=10))
    return [(k, n, s, r if k in (KIND_STRUCT, KIND_UNION, KIND_ENUM, KIND_FUNC_PROTO) else []) for k, n, s, r in types]


POINTER_TO_ITSELF: list[Type] = [
    (KIND_TYPEDEF, 6, 2, []),
    (KIND_PTR, 0, 3, []),
    (KIND_FUNC_PROTO, 0, 0, [(0, 4, 0)] * 2),
    (KIND_PTR, 0, 4, []),
]


@given(types=graphs())
@example(types=[(KIND_STRUCT, 1, 8, [(0, 1, 0)])])  # an anonymous member that is the struct itself
@example(types=[(KIND_STRUCT, 1, 8, [(0, 9, 0)])])  # a member of a type that is not there
@example(types=[(KIND_STRUCT, 1, 8, [(0, 2, 0)]), (KIND_INT, 0, 4, [])])
@example(types=POINTER_TO_ITSELF)
@example(types=[(KIND_TYPEDEF, 6, 2, []), (KIND_INT, 0, 4, [])])
def test_any_graph_of_types(types: list[Type]) -> None:
    """Each question has an answer or KeyError; what libbpf itself refuses is CannotRun."""
    try:
        with TypesOf(blob(types)) as known:
            for question in (
                lambda: known.field_offset("sk_buff", "head"),
                lambda: known.field_offset("sk_buff", "mac_header"),
                lambda: known.tracepoint_arguments("kfree_skb"),
                lambda: Reasons.of_kernel(known).name(3),
            ):
                with contextlib.suppress(KeyError):
                    question()
    except CannotRun:
        pass
