"""Read the running kernel's types: offsets of fields, values of enums, arguments of tracepoints.

libbpf does the parsing, through ctypes; it comes with bcc. Reading vmlinux takes about 8 ms.
"""

import ctypes
import ctypes.util
import functools
from collections.abc import Iterator
from typing import Any, Self

from bpf.errors import CannotRun

# enum values of include/uapi/linux/btf.h
KIND_INT, KIND_PTR, KIND_STRUCT, KIND_UNION, KIND_ENUM, KIND_TYPEDEF, KIND_FUNC_PROTO = 1, 2, 4, 5, 6, 8, 13
_DEEPEST = 32  # types within types; the kernel's go no deeper, damaged ones may go in circles
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


class _EnumValue(ctypes.Structure):
    _fields_ = [("name_off", ctypes.c_uint32), ("value", ctypes.c_int32)]


class _Parameter(ctypes.Structure):
    _fields_ = [("name_off", ctypes.c_uint32), ("type", ctypes.c_uint32)]


@functools.cache
def libbpf() -> ctypes.CDLL:
    """Load libbpf. Raises CannotRun where it is not installed."""
    name = ctypes.util.find_library("bpf") or "libbpf.so.1"
    try:
        lib = ctypes.CDLL(name, use_errno=True)
    except OSError as error:
        raise CannotRun(f"libbpf cannot be loaded ({error})", "install python3-bpfcc, which brings libbpf") from error
    lib.btf__load_vmlinux_btf.restype = ctypes.c_void_p
    lib.btf__find_by_name_kind.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32]
    lib.btf__type_by_id.restype = ctypes.c_void_p
    lib.btf__type_by_id.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.btf__name_by_offset.restype = ctypes.c_char_p
    lib.btf__name_by_offset.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.btf__free.argtypes = [ctypes.c_void_p]
    lib.btf__free.restype = None
    return lib


class KernelTypes:
    """The types of the running kernel, as a context manager that frees them (some 10 MB)."""

    def __enter__(self) -> Self:
        self._lib = libbpf()
        self._btf: int | None = self._lib.btf__load_vmlinux_btf()
        # libbpf 1.x returns NULL and sets errno; 0.x returned a negative error as a pointer
        if not self._btf or self._btf >= 2**64 - 4095:
            raise CannotRun(
                "the kernel does not describe its types (no /sys/kernel/btf/vmlinux)",
                "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as the distributions' are",
            )
        return self

    def __exit__(self, *exc: object) -> None:
        self._lib.btf__free(self._btf)

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
        address, head = self._type(type_id)
        if head.kind not in (KIND_STRUCT, KIND_UNION) or depth > _DEEPEST:
            return None
        for member in self._tail(address, _Member, head.length):
            offset = int(member.offset) & 0xFFFFFF if head.has_bitfields else int(member.offset)
            name = self._name(member.name_off)
            if name == field:
                return offset
            if not name:
                inner = self._find_field(member.type, field, depth + 1)
                if inner is not None:
                    return offset + inner
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
