"""Read the running kernel's types: offsets of fields, values of enums, arguments of tracepoints.

libbpf does the parsing, through ctypes; it comes with bcc. Reading vmlinux takes about 8 ms.
"""

import ctypes
import ctypes.util
import functools
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from bpf.errors import CannotRun

# enum values of include/uapi/linux/btf.h
KIND_INT, KIND_PTR, KIND_ARRAY, KIND_STRUCT, KIND_UNION, KIND_ENUM = 1, 2, 3, 4, 5, 6
KIND_TYPEDEF, KIND_FUNC_PROTO, KIND_FLOAT, KIND_ENUM64 = 8, 13, 16, 19
_DEEPEST = 32  # types within types; the kernel's go no deeper, damaged ones may go in circles
_CHARS = ("char", "unsigned char", "signed char")
_MODIFIERS = {9, 10, 11, 18}  # volatile, const, restrict, type_tag


class _Type(ctypes.Structure):
    """struct btf_type; what follows it in memory depends on its kind."""

    _fields_ = [("name_off", ctypes.c_uint32), ("info", ctypes.c_uint32), ("size_or_type", ctypes.c_uint32)]

    @property
    def kind(self) -> int:
        return int(self.info) >> 24 & 0x1F

    @property
    def length(self) -> int:
        return int(self.info) & 0xFFFF

    @property
    def has_bitfields(self) -> bool:
        return bool(int(self.info) >> 31)


class _Member(ctypes.Structure):
    _fields_ = [("name_off", ctypes.c_uint32), ("type", ctypes.c_uint32), ("offset", ctypes.c_uint32)]


class _Array(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint32), ("index_type", ctypes.c_uint32), ("length", ctypes.c_uint32)]


class _EnumValue(ctypes.Structure):
    _fields_ = [("name_off", ctypes.c_uint32), ("value", ctypes.c_int32)]


class _Parameter(ctypes.Structure):
    _fields_ = [("name_off", ctypes.c_uint32), ("type", ctypes.c_uint32)]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a struct or union: its type's number, and its place and width in bits; no width: no bit-field."""

    name: str
    type_id: int
    at_bit: int
    bits: int


@dataclass(frozen=True, slots=True)
class Type:
    """A type, whatever it is called; `signed`, `is_bool` and `is_char` are of integers and enums."""

    kind: int
    name: str
    size: int
    type_id: int
    signed: bool = False
    is_bool: bool = False
    is_char: bool = False


@functools.cache
def libbpf() -> ctypes.CDLL:
    """Load libbpf. Raises CannotRun where it is not installed."""
    name = ctypes.util.find_library("bpf") or "libbpf.so.1"
    try:
        lib = ctypes.CDLL(name, use_errno=True)
    except OSError as error:
        raise CannotRun(f"libbpf cannot be loaded ({error})", "install python3-bpfcc, which brings libbpf") from error
    lib.btf__load_vmlinux_btf.restype = ctypes.c_void_p
    lib.btf__load_from_kernel_by_id.restype = ctypes.c_void_p
    lib.btf__load_from_kernel_by_id.argtypes = [ctypes.c_uint32]
    lib.btf__find_by_name_kind.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32]
    lib.btf__type_by_id.restype = ctypes.c_void_p
    lib.btf__type_by_id.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.btf__name_by_offset.restype = ctypes.c_char_p
    lib.btf__name_by_offset.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.btf__free.argtypes = [ctypes.c_void_p]
    lib.btf__free.restype = None
    return lib


class Types(ABC):
    """Types that BTF describes, as a context manager that frees them."""

    def __enter__(self) -> Self:
        self._lib = libbpf()
        self._btf = self._load()
        return self

    def __exit__(self, *exc: object) -> None:
        self._lib.btf__free(self._btf)

    @abstractmethod
    def _load(self) -> int:
        """Return what libbpf knows them by. Raises CannotRun."""

    def members(self, type_id: int) -> list[Member]:
        """List the members of a struct or union."""
        address, head = self._type(type_id)
        found = []
        for member in self._tail(address, _Member, head.length):
            at, bits = int(member.offset), 0
            if head.has_bitfields:  # the upper byte is a bit-field's width
                at, bits = at & 0xFFFFFF, at >> 24
            found.append(Member(self._name(member.name_off), int(member.type), at, bits))
        return found

    def element(self, type_id: int) -> tuple[int, int]:
        """Return the number of an array's element type, and how many there are."""
        address, _ = self._type(type_id)
        array = next(self._tail(address, _Array, 1))
        return int(array.type), int(array.length)

    def plain(self, type_id: int) -> Type:
        """Look through names and qualifiers of a type."""
        for _ in range(_DEEPEST):
            address, head = self._type(type_id)
            if head.kind != KIND_TYPEDEF and head.kind not in _MODIFIERS:
                break
            type_id = int(head.size_or_type)
        else:
            raise KeyError(f"type {type_id} is defined by itself")
        name, size = self._name(head.name_off), int(head.size_or_type)
        if head.kind == KIND_PTR:
            return Type(head.kind, name, 8, type_id)
        if head.kind == KIND_ENUM:
            return Type(head.kind, name, size, type_id, signed=head.has_bitfields)
        if head.kind != KIND_INT:
            return Type(head.kind, name, size, type_id)
        encoding = int(next(self._tail(address, ctypes.c_uint32, 1)).value) >> 24
        return Type(head.kind, name, size, type_id, bool(encoding & 1), bool(encoding & 4), name in _CHARS)

    def _type(self, type_id: int) -> tuple[int, _Type]:
        address = self._lib.btf__type_by_id(self._btf, type_id)
        if not address:
            raise KeyError(f"there is no type {type_id}")
        return address, _Type.from_address(address)

    def _tail(self, address: int, item: type[Any], length: int) -> Iterator[Any]:
        start = address + ctypes.sizeof(_Type)
        return (item.from_address(start + i * ctypes.sizeof(item)) for i in range(length))

    def _name(self, offset: int) -> str:
        return (self._lib.btf__name_by_offset(self._btf, offset) or b"").decode(errors="replace")


class ProgramTypes(Types):
    """The types of a loaded program's maps, by the number that the kernel gave to them."""

    def __init__(self, identity: int) -> None:
        self._identity = identity

    def _load(self) -> int:
        found: int | None = self._lib.btf__load_from_kernel_by_id(self._identity)
        if not found:
            why = os.strerror(ctypes.get_errno())
            raise CannotRun(f"the types of a BPF program cannot be read ({why})", "run it as root")
        return found


class KernelTypes(Types):
    """The types of the running kernel (some 10 MB)."""

    def _load(self) -> int:
        found: int | None = self._lib.btf__load_vmlinux_btf()
        # libbpf 1.x returns NULL and sets errno; 0.x returned a negative error as a pointer
        if not found or found >= 2**64 - 4095:
            raise CannotRun(
                "the kernel does not describe its types (no /sys/kernel/btf/vmlinux)",
                "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as the distributions' are",
            )
        return found

    def field_offset(self, struct: str, field: str) -> int:
        """Return a field's offset in bytes, looking into anonymous members too. Raises KeyError."""
        offset = self._find_field(self._by_name(struct, KIND_STRUCT), field)
        if offset is None:
            raise KeyError(f"struct {struct} has no field {field}")
        return offset // 8

    def enum_values(self, name: str) -> dict[str, int]:
        """Return an enum's names and values. Raises KeyError when the kernel has no such enum."""
        address, head = self._type(self._by_name(name, KIND_ENUM))
        return {self._name(v.name_off): int(v.value) for v in self._tail(address, _EnumValue, head.length)}

    def tracepoint_arguments(self, tracepoint: str) -> list[str]:
        """Return the C types of a tracepoint's arguments, as "struct sk_buff *". Raises KeyError."""
        _, typedef = self._type(self._by_name(f"btf_trace_{tracepoint}", KIND_TYPEDEF))
        _, pointer = self._type(typedef.size_or_type)
        address, proto = self._type(pointer.size_or_type)
        if (pointer.kind, proto.kind) != (KIND_PTR, KIND_FUNC_PROTO):
            raise KeyError(f"btf_trace_{tracepoint} is no pointer to a function")
        parameters = self._tail(address, _Parameter, proto.length)
        return [self._spell(p.type) for p in parameters][1:]  # the first is the tracepoint's own data pointer

    def _find_field(self, type_id: int, field: str, depth: int = 0) -> int | None:
        _, head = self._type(type_id)
        if head.kind not in (KIND_STRUCT, KIND_UNION) or depth > _DEEPEST:
            return None
        for member in self.members(type_id):
            if member.name == field:
                return member.at_bit
            if not member.name:
                inner = self._find_field(member.type_id, field, depth + 1)
                if inner is not None:
                    return member.at_bit + inner
        return None

    def _spell(self, type_id: int, depth: int = 0) -> str:
        if type_id == 0:
            return "void"
        _, head = self._type(type_id)
        if depth > _DEEPEST:
            raise KeyError(f"type {type_id} is defined by itself")
        if head.kind == KIND_PTR:
            return f"{self._spell(head.size_or_type, depth + 1)} *"
        if head.kind in _MODIFIERS:
            return self._spell(head.size_or_type, depth + 1)
        prefix = {KIND_STRUCT: "struct ", KIND_UNION: "union ", KIND_ENUM: "enum "}.get(head.kind, "")
        return prefix + self._name(head.name_off)

    def _by_name(self, name: str, kind: int) -> int:
        type_id = int(self._lib.btf__find_by_name_kind(self._btf, name.encode(), kind))
        if type_id < 0:
            raise KeyError(f"this kernel has no type {name}")
        return type_id
