"""Network namespaces of a thread, and the only place frames may leave from: an end of the testbed's veth pair.

It is proved before the first frame.
"""

import ctypes
import fcntl
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from bpf.errors import CannotRun
from bpf.namespace import CLONE_NEWNET, OWN_NAMESPACE, enter_namespace

INIT_NAMESPACE = Path("/proc/1/ns/net")
_libc = ctypes.CDLL(None, use_errno=True)
# include/uapi/linux/sockios.h, ethtool.h
SIOCGIFHWADDR = 0x8927
SIOCETHTOOL = 0x8946
ETHTOOL_GDRVINFO = 3
_IFREQ = struct.Struct("16s24x")


def make_namespace() -> int:
    """Move the calling thread into a new network namespace; return a descriptor that keeps it alive.

    Raises CannotRun without the right.
    """
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise CannotRun(
            f"a network namespace could not be made ({os.strerror(ctypes.get_errno())})",
            "run it as root (it takes CAP_SYS_ADMIN and CAP_NET_ADMIN)",
        )
    return os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)


def own_inode() -> int:
    """Return the inode of the calling thread's namespace: the kernel's name for it."""
    return OWN_NAMESPACE.stat().st_ino


def init_inode() -> int | None:
    """Return the inode of the namespace that process 1 is in, or None where even root may not look (a container)."""
    try:
        return INIT_NAMESPACE.stat().st_ino
    except PermissionError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An interface of the testbed, described so that a process which did not make it can prove it has the right one.

    namespace        descriptor of the network namespace (give it to the sender's process by pass_fds)
    namespace_inode  the namespace's inode
    outside_inode    inode of the namespace that the testbed was made from, where no frame may ever go
    ifname           the interface's name in there
    ifindex          its number in there
    mac              its own MAC address, as aa:bb:cc:dd:ee:ff (not the one that frames carry)
    """

    namespace: int
    namespace_inode: int
    outside_inode: int
    ifname: str
    ifindex: int
    mac: str

    def enter(self) -> None:
        """Move the calling thread into the namespace and prove that the interface is the testbed's.

        Raises ValueError for anything else: traffic never leaves the testbed.
        """
        enter_namespace(self.namespace)
        self.prove()

    def prove(self) -> None:
        """Check namespace, driver, number and MAC address from inside. Raises ValueError for what differs."""
        inode = own_inode()
        if inode in (self.outside_inode, init_inode()):
            raise ValueError("refused to send: this is the machine's own network namespace, not the testbed's")
        if inode != self.namespace_inode:
            raise ValueError(
                f"refused to send: in network namespace {inode}, but the testbed made {self.namespace_inode}"
            )
        try:
            ifindex = socket.if_nametoindex(self.ifname)
        except OSError as error:
            raise ValueError(f"refused to send: the testbed's interface {self.ifname} is gone") from error
        if ifindex != self.ifindex:
            raise ValueError(
                f"refused to send: {self.ifname} is interface {ifindex}, but the testbed made {self.ifindex}"
            )
        driver, mac = _driver(self.ifname), _hardware_address(self.ifname)
        if driver != "veth":
            raise ValueError(f"refused to send: {self.ifname} is a {driver or 'device without a driver'}, not a veth")
        if mac != self.mac:
            raise ValueError(f"refused to send: {self.ifname} has MAC {mac}, but the testbed made {self.mac}")


def _driver(ifname: str) -> str:
    info = ctypes.create_string_buffer(struct.pack("=I", ETHTOOL_GDRVINFO), 196)  # struct ethtool_drvinfo
    request = struct.pack("16sQ16x", ifname.encode(), ctypes.addressof(info))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            fcntl.ioctl(any_socket, SIOCETHTOOL, request)
        except OSError:  # EOPNOTSUPP: loopback and other devices that say nothing of themselves
            return ""
    return info.raw[4:36].split(b"\0")[0].decode()


def _hardware_address(ifname: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, SIOCGIFHWADDR, _IFREQ.pack(ifname.encode()))
    return ":".join(f"{byte:02x}" for byte in answer[18:24])
