"""TUN devices, with the descriptor that a program reads and writes packets by."""

import fcntl
import os
import struct

from pyroute2 import IPRoute

from bpf.errors import CannotRun
from traffic.testbed import Side

TUN = "/dev/net/tun"
IFNAME = "tun9"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # include/uapi/linux/if_tun.h
PREFIX, BEHIND = "203.0.113.1", "203.0.113.9"


def add(side: Side, queue_length: int = 500) -> int:
    """Make a TUN device of the side's, set up, with a network behind it; return the descriptor. Raises CannotRun."""

    def open_device() -> int:
        try:
            opened = os.open(TUN, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise CannotRun(f"{TUN} could not be opened ({error.strerror})", "modprobe tun") from error
        fcntl.ioctl(opened, TUNSETIFF, struct.pack("16sH22x", IFNAME.encode(), IFF_TUN | IFF_NO_PI))
        return opened

    def raise_device(route: IPRoute) -> None:
        index = int(route.link("get", ifname=IFNAME)[0]["index"])
        route.link("set", index=index, txqlen=queue_length)
        route.link("set", index=index, state="up")
        route.addr("add", index=index, address=PREFIX, prefixlen=24)

    opened = side.run(open_device)
    side.netlink(raise_device)
    return opened
