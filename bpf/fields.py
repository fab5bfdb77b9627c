"""What a user's own event holds, as a numpy dtype: by BTF to the bit, or by bcc's list of the fields of a plain one."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bpf.btf import (
    KIND_ARRAY,
    KIND_ENUM,
    KIND_ENUM64,
    KIND_FLOAT,
    KIND_INT,
    KIND_PTR,
    KIND_STRUCT,
    KIND_UNION,
    Member,
    Types,
)
from bpf.ring import HEADER_BYTES, stride
from results.errors import BadInput

SAY_RECORD = "put BENCH_RECORD(struct …) into the program, which has BTF describe it to the bit"


@dataclass(frozen=True, slots=True)
class Bits:
    """Where a bit-field lies: in which field of the dtype, how far up, how wide."""

    storage: str
    shift: int
    width: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A sample's fields; numpy has no bit-fields, so `bits` says where those are, and `column` reads them.

    `header_bytes` lie before the sample, and the next record begins at a multiple of 8.
    """

    sample: np.dtype[np.void]
    bits: dict[str, Bits] = field(default_factory=dict, hash=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The event's own names, bit-fields at the end."""
        held = {each.storage for each in self.bits.values()}
        return (*(name for name in self.sample.names or () if name not in held), *self.bits)

    @property
    def stride(self) -> int:
        """The bytes that a record takes in a channel."""
        return stride(self.sample.itemsize)

    @property
    def in_channel(self) -> np.dtype[np.void]:
        """The dtype of an array laid over records as they lie in a channel; it shows the sample alone."""
        names, fields = _fields(self.sample)
        return np.dtype(
            {
                "names": list(names),
                "formats": [fields[name][0] for name in names],
                "offsets": [HEADER_BYTES + fields[name][1] for name in names],
                "itemsize": HEADER_BYTES + self.sample.itemsize,
            }
        )

    @property
    def in_slot(self) -> np.dtype[np.void]:
        """The same, with the two words of a log's slot, which come before the sample."""
        inside = self.in_channel
        names, fields = _fields(inside)
        return np.dtype(
            {
                "names": [" opened", " closed", *names],
                "formats": ["<u4", "<u4", *(fields[name][0] for name in names)],
                "offsets": [0, 4, *(fields[name][1] for name in names)],
                "itemsize": self.stride,
            }
        )

    def times_at(self) -> int:
        """Return where a sample holds its `timestamp`, in ns. Raises KeyError where it has none of 64 bits."""
        _, fields = _fields(self.sample)
        kind, at = fields["timestamp"][:2]
        if kind != np.uint64:
            raise KeyError("timestamp has not 64 bits")
        return int(at)

    def at(self, address: int) -> npt.NDArray[np.void]:
        """Copy the one sample at an address: an array of shape (1,)."""
        return np.frombuffer(ctypes.string_at(address, self.sample.itemsize), self.sample)

    def column(self, samples: npt.NDArray[np.void], name: str) -> npt.NDArray[np.generic]:
        """Return one field of many samples: a view, or for a bit-field its values."""
        if name not in self.bits:
            return samples[name]
        at = self.bits[name]
        held = samples[at.storage] >> at.shift & ((1 << at.width) - 1)
        if not at.signed:
            return held
        return (held.astype(np.int64) ^ (1 << at.width - 1)) - (1 << at.width - 1)


def _fields(dtype: np.dtype[np.void]) -> tuple[Sequence[str], Mapping[str, Any]]:
    return dtype.names or (), dtype.fields or {}


def by_types(types: Types, type_id: int) -> Record:
    """Describe the struct of that number. Raises BadInput that names a field of which numpy has no kind."""
    bits: dict[str, Bits] = {}
    return Record(_struct(types, type_id, "", bits), bits)


def _struct(types: Types, type_id: int, within: str, bits: dict[str, Bits] | None) -> np.dtype[np.void]:
    """Lay out a struct or union; bit-fields of the outermost one are named in `bits`."""
    kind = types.plain(type_id)
    if kind.kind not in (KIND_STRUCT, KIND_UNION):
        raise BadInput(f"an event is a struct, and {within or kind.name or 'this one'} is none")
    names: list[str] = []
    formats: list[Any] = []
    offsets: list[int] = []
    for member in _named(types, types.members(kind.type_id)):
        path = f"{within}{member.name}"
        if not member.bits:
            names.append(member.name)
            formats.append(_format(types, member.type_id, path))
            offsets.append(member.at_bit // 8)
            continue
        if bits is None:
            raise BadInput(f"field {path} is a bit-field of a struct within: lay it out in the event's own struct")
        first, shift = divmod(member.at_bit, 8)
        size = next(size for size in (1, 2, 4, 8, 16) if shift + member.bits <= size * 8)
        if size > min(8, kind.size):
            raise BadInput(f"numpy cannot read the bit-field {path} at once: it lies across {size // 2} bytes and more")
        back = max(0, first + size - kind.size)  # what would reach beyond the end begins further back
        signed = types.plain(member.type_id).signed
        bits[member.name] = Bits(f"bits of {member.name}", shift + back * 8, member.bits, signed)
        names.append(bits[member.name].storage)
        formats.append(f"<u{size}")
        offsets.append(first - back)
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": kind.size})


def _named(types: Types, members: Sequence[Member], at_bit: int = 0) -> Iterator[Member]:
    """Yield the members, those of anonymous structs and unions among them."""
    for member in members:
        moved = Member(member.name, member.type_id, at_bit + member.at_bit, member.bits)
        if member.name:
            yield moved
        elif types.plain(member.type_id).kind in (KIND_STRUCT, KIND_UNION):
            yield from _named(types, types.members(types.plain(member.type_id).type_id), moved.at_bit)


def _format(types: Types, type_id: int, path: str) -> np.dtype[np.generic]:
    kind = types.plain(type_id)
    if kind.kind == KIND_ARRAY:
        element, length = types.element(kind.type_id)
        if types.plain(element).is_char:
            return np.dtype(f"S{length}")
        return np.dtype((_format(types, element, path), (length,)))
    if kind.kind in (KIND_STRUCT, KIND_UNION):
        return _struct(types, type_id, f"{path}.", None)
    code = {KIND_PTR: "u", KIND_FLOAT: "f"}.get(kind.kind, "i" if kind.signed else "u")
    if kind.is_bool:
        code = "?"
    elif kind.kind not in (KIND_INT, KIND_ENUM, KIND_ENUM64, KIND_PTR, KIND_FLOAT) or kind.size > 8:
        raise BadInput(f"field {path} is of a type that numpy has not ({kind.name or kind.kind}, {kind.size} bytes)")
    return np.dtype("?" if code == "?" else f"<{code}{kind.size}")


# As clang spells what bcc lists.
_PLAIN = {
    "char": "<i1", "signed char": "<i1", "s8": "<i1", "unsigned char": "<u1", "u8": "<u1", "_Bool": "?", "bool": "?",
    "short": "<i2", "s16": "<i2", "unsigned short": "<u2", "u16": "<u2",
    "int": "<i4", "s32": "<i4", "unsigned int": "<u4", "u32": "<u4",
    "long": "<i8", "long long": "<i8", "s64": "<i8",
    "unsigned long": "<u8", "unsigned long long": "<u8", "u64": "<u8",
}  # fmt: skip
_LISTED_ARRAY = re.compile(r"(.+?) ?\[(\d+)\]")


def by_list(fields: Sequence[tuple[str, str]], size: int, *, may_have_bit_fields: bool) -> Record:
    """Lay out a plain struct by its fields' names and types, each where C puts it; `size` is what an event has.

    Raises BadInput for what is not plain: a field of a type of its own, bit-fields, a packed struct.
    """
    formats = [_plain(name, spelled) for name, spelled in fields]
    sample = np.dtype(list(zip([name for name, _ in fields], formats, strict=True)), align=True)
    if may_have_bit_fields or sample.itemsize != size:
        held = ", ".join(name for name, _ in fields)
        raise BadInput(f"an event of {size} bytes is no plain struct of {held} (bit-fields, packed?); {SAY_RECORD}")
    return Record(sample)


def _plain(name: str, spelled: str) -> np.dtype[np.generic]:
    if array := _LISTED_ARRAY.fullmatch(spelled):
        element, length = array[1], int(array[2])
        return np.dtype(f"S{length}") if element == "char" else np.dtype((_plain(name, element), (length,)))
    if spelled.endswith("*"):
        return np.dtype("<u8")
    if spelled.startswith("enum "):
        return np.dtype("<u4")
    if spelled not in _PLAIN:
        raise BadInput(f"field {name} is of type {spelled}, which bcc does not describe; {SAY_RECORD}")
    return np.dtype(_PLAIN[spelled])
