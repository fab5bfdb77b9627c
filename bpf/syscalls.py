"""What bpf(2) offers beside bcc, through libbpf: programs and maps by id, their counters, test runs."""

import ctypes
import os
import signal
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from bpf.btf import libbpf


@dataclass(frozen=True, slots=True)
class ProgramInfo:
    """What the kernel says of a loaded program; None: this kernel does not count it."""

    id: int
    run_time_ns: int
    run_count: int
    recursion_misses: int | None


# struct bpf_prog_info, include/uapi/linux/bpf.h: offsets of what we read
_INFO_ID, _INFO_RUN_TIME, _INFO_RUN_COUNT, _INFO_MISSES, _INFO_BYTES = 4, 192, 200, 208, 224
# struct bpf_map_info: type, id, size of keys and values, entries; the numbers of its BTF and of its value's type
_MAP_INFO = struct.Struct("=5I44xI4xI4x")


# enum bpf_map_type, and the first fields of union bpf_attr: type, size of keys and values, entries
_RINGBUF = 27
_MAP_CREATE = struct.Struct("=IIII")
_SYS_BPF = {"x86_64": 321}.get(os.uname().machine, 280)  # of what is not older than the table that all newer ones share
_PIDFD_GETFD = 438  # on every architecture
_ALL_SIGNALS = signal.valid_signals()


class TestRunOptions(ctypes.Structure):
    """struct bpf_test_run_opts of libbpf."""

    _fields_ = [
        ("sz", ctypes.c_size_t),
        ("data_in", ctypes.c_void_p),
        ("data_out", ctypes.c_void_p),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("ctx_in", ctypes.c_void_p),
        ("ctx_out", ctypes.c_void_p),
        ("ctx_size_in", ctypes.c_uint32),
        ("ctx_size_out", ctypes.c_uint32),
        ("retval", ctypes.c_uint32),
        ("repeat", ctypes.c_int),
        ("duration", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32),
        ("batch_size", ctypes.c_uint32),
    ]


def program_info(program_fd: int) -> ProgramInfo:
    """Read a program's counters. Raises OSError."""
    buffer, length = _object_info(program_fd, _INFO_BYTES)
    at = ctypes.c_uint64.from_buffer
    return ProgramInfo(
        id=ctypes.c_uint32.from_buffer(buffer, _INFO_ID).value,
        run_time_ns=at(buffer, _INFO_RUN_TIME).value,
        run_count=at(buffer, _INFO_RUN_COUNT).value,
        recursion_misses=at(buffer, _INFO_MISSES).value if length >= _INFO_MISSES + 8 else None,
    )


@dataclass(frozen=True, slots=True)
class MapInfo:
    """What the kernel says of a map; `btf` and `value_type` are 0 where it knows no types."""

    id: int
    value_bytes: int
    entries: int
    btf: int
    value_type: int


def skipped(programs: Sequence[int]) -> int | None:
    """Return how many runs of programs the kernel skipped, or None where it does not count them."""
    counts = [program_info(each).recursion_misses for each in programs]
    return sum(count for count in counts if count is not None) if None not in counts else None


def map_info(map_fd: int) -> MapInfo:
    """Read what the kernel says of a map. Raises OSError."""
    buffer, _ = _object_info(map_fd, 128)
    _type, identity, _key_bytes, value_bytes, entries, btf, value_type = _MAP_INFO.unpack_from(buffer)
    return MapInfo(identity, value_bytes, entries, btf, value_type)


def map_id(map_fd: int) -> int:
    """Return the id by which another process can open a map. Raises OSError."""
    return map_info(map_fd).id


def open_map(identity: int) -> int:
    """Open a map by its id; return a descriptor, which the caller closes. Raises OSError."""
    return _checked(libbpf().bpf_map_get_fd_by_id(identity), f"open the BPF map of id {identity}")


def open_program(identity: int) -> int:
    """Open a program by its id; return a descriptor, which the caller closes. Raises OSError."""
    return _checked(libbpf().bpf_prog_get_fd_by_id(identity), f"open the BPF program of id {identity}")


def lookup(map_fd: int, key: int, value: ctypes.Array[ctypes.c_char]) -> None:
    """Read an array map's element into `value`; a per-CPU map fills in one value a possible CPU. Raises OSError."""
    index = ctypes.c_uint32(key)
    _checked(libbpf().bpf_map_lookup_elem(map_fd, ctypes.byref(index), value), "read a BPF map")


def update(map_fd: int, key: int, value: bytes) -> None:
    """Set an array map's element. Raises OSError."""
    index = ctypes.c_uint32(key)
    _checked(libbpf().bpf_map_update_elem(map_fd, ctypes.byref(index), value, ctypes.c_uint64(0)), "set a BPF map")


def make_ring(size_bytes: int) -> int:
    """Make a ring buffer; return its descriptor. Raises OSError."""
    # libbpf 1.x and 0.x have other functions for it.
    attributes = _MAP_CREATE.pack(_RINGBUF, 0, 0, size_bytes)
    return _checked(
        ctypes.CDLL(None, use_errno=True).syscall(_SYS_BPF, 0, attributes, len(attributes)),
        f"make a ring of {size_bytes} bytes",
    )


def descriptor_of(pid: int, descriptor: int) -> int:
    """Return a descriptor of what another process has open by one of its own. Raises OSError."""
    process = os.pidfd_open(pid)
    try:
        taken = ctypes.CDLL(None, use_errno=True).syscall(_PIDFD_GETFD, process, descriptor, ctypes.c_uint(0))
        return _checked(taken, f"take over a descriptor of process {pid}")
    finally:
        os.close(process)


def enable_statistics() -> int:
    """Have the kernel time each run of each program until the returned descriptor is closed. Raises OSError.

    Closing happens at the latest when the process ends, however it ends (Linux 5.8, d46edd671a14).
    """
    return _checked(libbpf().bpf_enable_stats(0), "switch the run-time statistics of BPF programs on")


def possible_cpus() -> int:
    """Return for how many CPUs a per-CPU map has values."""
    return _checked(libbpf().libbpf_num_possible_cpus(), "count the possible CPUs")


def test_run(program_fd: int, options: TestRunOptions) -> None:
    """Run a program `options.repeat` times on this CPU. Raises OSError.

    Signals wait until it is over: an interrupted run says EINTR, and not how often it ran.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL_SIGNALS)
    try:
        result = libbpf().bpf_prog_test_run_opts(program_fd, ctypes.byref(options))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    _checked(result, "run a BPF program")


def _object_info(fd: int, size: int) -> tuple[ctypes.Array[ctypes.c_char], int]:
    buffer = ctypes.create_string_buffer(size)
    length = ctypes.c_uint32(size)
    _checked(
        libbpf().bpf_obj_get_info_by_fd(fd, buffer, ctypes.byref(length)), "read what the kernel says of a BPF object"
    )
    return buffer, length.value


def _checked(result: int, step: str) -> int:
    """Raise OSError for a negative result: libbpf 1.x sets errno and returns -errno, some calls -1."""
    if result < 0:
        error = ctypes.get_errno() or -result
        raise OSError(error, f"cannot {step}: {os.strerror(error)}")
    return result
