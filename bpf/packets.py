"""What a dropped packet was, as packet.h tells it: names in the order of its numbers."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from bpf.btf import KernelTypes

PACKETS = ("other", "TCP data", "TCP SYN", "TCP without data", "echo reply", "UDP")


@dataclass(frozen=True, slots=True)
class SortOfDrop:
    """Drops of one sort of packet, for one reason, by code from one address up to another."""

    begin: int
    end: int
    reason: int
    packet: str

    def packed(self) -> bytes:
        """Lay it out as struct normal of drops.c."""
        return struct.pack("=QQII", self.begin, self.end, self.reason, PACKETS.index(self.packet))


def packet_flags(types: KernelTypes) -> list[str]:
    """Define what packet.h needs of the running kernel's types."""
    return offset_flags(
        types,
        {
            "HEAD": ("sk_buff", "head"),
            "TAIL": ("sk_buff", "tail"),
            "NETWORK_HEADER": ("sk_buff", "network_header"),
        },
    )


def offset_flags(types: KernelTypes, fields: Mapping[str, tuple[str, str]]) -> list[str]:
    """Define OFFSET_name for each field of a struct. Raises KeyError."""
    return [f"-DOFFSET_{name}={types.field_offset(struct, field)}" for name, (struct, field) in fields.items()]
