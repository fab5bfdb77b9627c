"""Links, routes, queues and programs of a side, which go with its namespace."""

import os
from typing import Any, Literal

from pyroute2 import IPRoute, NetlinkError

from bpf import instructions
from bpf.errors import CannotRun
from traffic import tc
from traffic.testbed import NUD_PERMANENT, Side

TC_ACT_STOLEN = 4  # include/uapi/linux/pkt_cls.h: taken, so that it is consumed and not dropped
XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE = 1 << 1, 1 << 2  # include/uapi/linux/if_link.h


def add_link(side: Side, ifname: str, kind: str, **fields: Any) -> int:
    """Make a link and set it up; return its number. Raises CannotRun where the kernel has no such kind."""

    def add(route: IPRoute) -> int:
        route.link("add", ifname=ifname, kind=kind, **fields)
        index = int(route.link("get", ifname=ifname)[0]["index"])
        route.link("set", index=index, state="up")
        return index

    try:
        return side.netlink(add)
    except NetlinkError as error:
        raise CannotRun(
            f"no {kind} link could be made ({error})", f"load the kernel module: modprobe {kind}"
        ) from error


def add_route(side: Side, dst: str, **fields: Any) -> None:
    """Add a route of the side's; with no other field, out of its end of the veth pair."""
    side.netlink(lambda route: route.route("add", dst=dst, **(fields or {"oif": side.ifindex})))


def add_neighbour(side: Side, address: str, mac: str, ifindex: int | None = None) -> None:
    """Give a neighbour's address for ever."""
    index = ifindex or side.ifindex
    side.netlink(lambda route: route.neigh("replace", ifindex=index, dst=address, lladdr=mac, state=NUD_PERMANENT))


def add_broadcast(side: Side, broadcast: str) -> None:
    """Give the side's network a broadcast address."""
    address = {"index": side.ifindex, "address": side.ipv4, "prefixlen": 30}
    side.netlink(lambda route: route.addr("replace", broadcast=broadcast, **address))


def link_mac(side: Side, ifname: str) -> str:
    """Return a link's own MAC address."""
    return str(side.netlink(lambda route: route.link("get", ifname=ifname)[0].get_attr("IFLA_ADDRESS")))


def put_queue(side: Side, kind: str, ifindex: int | None = None, **fields: Any) -> None:
    """Put a queueing discipline in front of the side's end of the pair. Raises CannotRun where the kernel has none."""
    try:
        side.netlink(lambda route: route.tc("add", kind, ifindex or side.ifindex, **fields))
    except NetlinkError as error:
        cure = f"boot a kernel with CONFIG_NET_SCH_{kind.upper()}"
        raise CannotRun(f"no queue of the kind {kind} could be set up ({error})", cure) from error


def attach_xdp(side: Side, mode: Literal["native", "generic"], code: bytes) -> None:
    """Attach an XDP program to the side's end of the pair. Raises CannotRun."""
    program = instructions.load(instructions.XDP, code)
    flags = XDP_FLAGS_DRV_MODE if mode == "native" else XDP_FLAGS_SKB_MODE
    attached = {"attrs": [("IFLA_XDP_FD", program), ("IFLA_XDP_FLAGS", flags)]}
    try:
        side.netlink(lambda route: route.link("set", index=side.ifindex, xdp=attached))
    except NetlinkError as error:
        raise CannotRun(
            f"no XDP program could be attached ({error})", "boot a kernel with CONFIG_BPF_SYSCALL"
        ) from error
    finally:
        os.close(program)


def forward(side: Side, *, ipv6: bool) -> None:
    """Make a router of the side."""
    side.write_sysctl("net/ipv6/conf/all/forwarding" if ipv6 else "net/ipv4/ip_forward", 1)


def answer_all(side: Side) -> None:
    """Let the side answer each packet that it should answer by ICMP: none is one too many for a second."""
    side.write_sysctl("net/ipv4/icmp_ratelimit", 0)
    if side.has_sysctl("net/ipv6/icmp/ratelimit"):
        side.write_sysctl("net/ipv6/icmp/ratelimit", 0)


def silence(side: Side) -> None:
    """Let what reaches the side vanish without a trace: what the other one answers is no part of the situation."""
    tc.attach(side, "ingress", instructions.returning(TC_ACT_STOLEN))
