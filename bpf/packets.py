"""What a dropped packet was, as packet.h tells it: names in the order of its numbers."""

from collections.abc import Mapping

from bpf.btf import KernelTypes

PACKETS = ("other", "TCP data", "TCP SYN", "TCP without data", "echo reply", "UDP")


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
