"""Run a command for which the kernel refuses one system call: `refuse.py CALL[:FIRST ARGUMENT] ERRNO COMMAND…`.

A seccomp filter (linux/seccomp.h) of a few instructions, which the command's children inherit. CALL is a name below;
errors are symbolic, as ENOSPC. Only x86-64's numbers are known.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

CALLS = {"write": 1, "mmap": 9, "socket": 41, "fsync": 74, "unshare": 272, "sendmmsg": 307, "setns": 308, "bpf": 321}

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x00050000, 0x7FFF0000
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data


def wrapper(call: str, error: str) -> tuple[str, ...]:
    """Return what to put before a command."""
    return sys.executable, __file__, call, error


def refuse(call: str, error: str) -> None:
    name, _, argument = call.partition(":")
    fail = (RETURN, 0, 0, SECCOMP_RET_ERRNO | getattr(errno, error))
    allow = (RETURN, 0, 0, SECCOMP_RET_ALLOW)
    program = [(LOAD, 0, 0, NUMBER), (JUMP_EQUAL, 0, 3 if argument else 1, CALLS[name])]
    if argument:
        program += [(LOAD, 0, 0, FIRST_ARGUMENT), (JUMP_EQUAL, 0, 1, int(argument))]
    program += [fail, allow]
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")


if __name__ == "__main__":
    refuse(*sys.argv[1:3])
    os.execvp(sys.argv[3], sys.argv[3:])
