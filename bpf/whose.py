"""Count the machine's drops by whose they are: of numbered network namespaces, of others, or unknown (whose.c)."""

import ctypes
import os
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

from bpf import syscalls
from bpf.btf import KernelTypes
from bpf.errors import CannotRun, refusal_named
from bpf.own import PROGRAMS
from bpf.packets import PACKETS, offset_flags, packet_flags
from bpf.program import TRACEPOINT, import_bcc, same_folder, source, tracepoint_flags

ENTRIES = 16384
UNKNOWN, FOREIGN = 0, 0xFFFF_FFFF
_FIELDS = {
    "DEV": ("sk_buff", "dev"),
    "SK": ("sk_buff", "sk"),
    "DST": ("sk_buff", "_skb_refdst"),
    "MAC_HEADER": ("sk_buff", "mac_header"),
    "DEVICE_NET": ("net_device", "nd_net"),
    "DST_DEVICE": ("dst_entry", "dev"),
    "NSPROXY": ("task_struct", "nsproxy"),
    "PROXY_NET": ("nsproxy", "net_ns"),
}


class Cause(NamedTuple):
    """Whose a drop is, the numbers of its reason and its place in the kernel, and what the packet was."""

    whose: int
    reason: int
    location: int
    packet: str


class DropsByOwner:
    """Counts from entering to leaving the context. Raises CannotRun where the program cannot be loaded."""

    def __enter__(self) -> Self:
        bcc = import_bcc()
        with KernelTypes() as types:
            try:
                flags = ["-Wno-everything", f"-DENTRIES={ENTRIES}", *tracepoint_flags(types), *packet_flags(types)]
                flags += offset_flags(types, _FIELDS)
                socket_net = types.field_offset("sock", "__sk_common") + types.field_offset("sock_common", "skc_net")
                inode = types.field_offset("net", "ns") + types.field_offset("ns_common", "inum")
            except KeyError as error:
                raise CannotRun(
                    f"this kernel's packets cannot be followed to their namespace ({error})", "none"
                ) from error
        flags += [f"-DOFFSET_SOCKET_NET={socket_net}", f"-DOFFSET_NET_INODE={inode}"]
        os.environ["BCC_KERNEL_SOURCE"] = str(PROGRAMS / "include")
        with refusal_named("load the program that tells whose drops are", "run `bench doctor`"), same_folder():
            self._bpf: Any = bcc.BPF(text=source("whose.c"), cflags=flags)
            self._function = self._bpf.load_func(b"on_drop", bcc.BPF.RAW_TRACEPOINT)
            self._bpf.attach_raw_tracepoint(tp=TRACEPOINT.encode(), fn_name=b"on_drop")
        return self

    def __exit__(self, *exc: object) -> None:
        self._bpf.cleanup()

    def number(self, number: int, inode: int, addresses: Iterable[bytes]) -> None:
        """From now on, count by that number what belongs to a namespace, or bears one of these MAC addresses."""
        self._bpf[b"inodes"][ctypes.c_uint32(inode)] = ctypes.c_uint32(number)
        for address in addresses:
            self._bpf[b"addresses"][ctypes.c_uint64(int.from_bytes(address, "little"))] = ctypes.c_uint32(number)

    def read(self) -> Counter[Cause]:
        """Return all drops so far. Raises CannotRun when there were too many kinds of them to be told apart."""
        if sum(self._bpf[b"no_room"][0]):
            raise CannotRun(f"this machine drops packets in more than {ENTRIES} ways", "quieten it")
        return Counter(
            {
                Cause(key.whose, key.reason, key.location, PACKETS[key.packet]): sum(counts)
                for key, counts in self._bpf[b"counts"].items()
            }
        )

    def skipped(self) -> int | None:
        """Return how many drops the kernel did not show, or None where it does not count them."""
        return syscalls.skipped([int(self._function.fd)])
