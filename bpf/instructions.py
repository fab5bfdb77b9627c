"""Load a program of a few hand-written instructions: too small to start a compiler for."""

import ctypes
import os
import struct

from bpf.btf import libbpf
from bpf.errors import CannotRun

# enum bpf_prog_type
SCHED_CLS, XDP = 3, 6
XDP_DROP, XDP_PASS = 1, 2
TC_ACT_UNSPEC, TC_ACT_SHOT = -1, 2
_INSTRUCTION = struct.Struct("=BBhi")  # struct bpf_insn: code, registers, offset, immediate
_ETHERTYPE_AT, _UDP_PORT_AT = 12, 36  # in an Ethernet frame whose IPv4 header has no options
_IPV4 = 0x0800
_BPF_REDIRECT = 23  # enum bpf_func_id


def _instruction(code: int, destination: int = 0, source: int = 0, offset: int = 0, immediate: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, destination | source << 4, offset, immediate)


def _set(register: int, value: int) -> bytes:
    return _instruction(0xB7, register, immediate=value)  # ALU64 | MOV | K


def _load_half_of_packet(at: int) -> bytes:
    return _instruction(0x28, immediate=at)  # LD | ABS | H: into r0, the packet in r6


def _skip_unless_equal(value: int, instructions: int) -> bytes:
    return _instruction(0x55, 0, offset=instructions, immediate=value)  # JMP | JNE | K, of r0


_KEEP_CONTEXT = _instruction(0xBF, 6, 1)  # r6 = r1
_EXIT = _instruction(0x95)


def returning(value: int) -> bytes:
    """Write a program that answers the same for every packet."""
    return _set(0, value) + _EXIT


def redirecting(ifindex: int) -> bytes:
    """Write a program that sends every packet out of another interface."""
    return _set(1, ifindex) + _set(2, 0) + _instruction(0x85, immediate=_BPF_REDIRECT) + _EXIT  # JMP | CALL


def dropping_udp_port(port: int) -> bytes:
    """Write a traffic control program that drops IPv4 UDP to a port and leaves all else to what comes next."""
    return b"".join(
        (
            _KEEP_CONTEXT,
            _load_half_of_packet(_ETHERTYPE_AT),
            _skip_unless_equal(_IPV4, 4),
            _load_half_of_packet(_UDP_PORT_AT),
            _skip_unless_equal(port, 2),
            _set(0, TC_ACT_SHOT),
            _EXIT,
            _set(0, TC_ACT_UNSPEC),
            _EXIT,
        )
    )


def load(program_type: int, instructions: bytes) -> int:
    """Load a program; return its descriptor, which the caller closes. Raises CannotRun."""
    count = len(instructions) // _INSTRUCTION.size
    fd: int = libbpf().bpf_prog_load(
        program_type, b"bench", b"Dual MIT/GPL", instructions, ctypes.c_size_t(count), None
    )
    if fd < 0:
        error = os.strerror(ctypes.get_errno() or -fd)
        raise CannotRun(f"a BPF program of {count} instructions could not be loaded ({error})", "run it as root")
    return fd
