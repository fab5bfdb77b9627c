"""The testbed: two network namespaces without a name, joined by a veth pair. Nothing outside them is ever touched.

A namespace lives as long as a process or a descriptor refers to it. These have no file under /run/netns: when the last
process of ours is gone, even by SIGKILL, the kernel removes them with all that is in them.
"""

import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from pyroute2 import IPRoute, NetlinkError

from bpf.errors import CannotRun
from traffic.outlet import Outlet, make_namespace, own_inode

# RFC 2544 keeps 198.18.0.0/15 for benchmarks; fd62:656e:6368::/48 is a unique local prefix (RFC 4193), "bench" in hex.
SENDER_IPV4, RECEIVER_IPV4 = "198.18.0.1", "198.18.0.2"
SENDER_IPV6, RECEIVER_IPV6 = "fd62:656e:6368::1", "fd62:656e:6368::2"
# Frames come from an address that the receiver has no route to: it cannot answer, so no RST or ICMP error of the kernel
# runs on the sender's CPU or is itself dropped.
STRANGER_IPV4, STRANGER_IPV6 = "198.19.0.1", "fd62:656e:6368:f::1"

SYSCTL = Path("/proc/sys")
IPV6 = "net/ipv6/conf/default"
NO_IPV6 = "this kernel has no IPv6 (booted with ipv6.disable=1?)"
IPV6_OFF = "IPv6 is off in new network namespaces (booted with ipv6.disable_ipv6=1?)"
IFA_F_NODAD, IFA_F_PERMANENT = 0x02, 0x80  # include/uapi/linux/if_addr.h
NUD_PERMANENT = 0x80
LOOPBACK = 1  # the number of a namespace's first interface
CARRIER_TIMEOUT_S = 5.0

P = ParamSpec("P")
T = TypeVar("T")


class Side:
    """One of the two namespaces, with the thread that lives in it and its end of the veth pair."""

    def __init__(self, name: str, ipv4: str, ipv6: str) -> None:
        self.name = name
        self.ifname = f"{name}0"
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.ifindex = 0
        self.mac = ""
        self._outside_inode = own_inode()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"testbed-{name}")
        try:
            self.namespace: int = self.run(make_namespace)
        except CannotRun:
            self._thread.shutdown()
            raise
        self.namespace_inode: int = self.run(own_inode)

    def close(self) -> None:
        """End the thread and give up the namespace; the kernel removes it when nobody else refers to it."""
        self._thread.shutdown()
        os.close(self.namespace)

    def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function inside the namespace: its sockets, files under /proc/thread-self/net and /proc/sys/net, and
        child processes are the namespace's. The calling thread stays where it is.
        """
        return self._thread.submit(function, *args, **kwargs).result()

    def netlink(self, request: Callable[[IPRoute], T]) -> T:
        """Make requests on a netlink socket of the namespace."""

        def on_socket() -> T:
            try:
                route = IPRoute()
            except OSError as error:
                raise CannotRun(
                    f"a netlink socket could not be opened in the testbed ({error.strerror})", "run `bench doctor`"
                ) from error
            with route:
                return request(route)

        return self.run(on_socket)

    def look_up_link(self) -> None:
        """Learn the number and the address that the kernel gave to this side's end of the pair."""
        link = self.netlink(lambda route: route.link("get", ifname=self.ifname)[0])
        self.ifindex, self.mac = int(link["index"]), str(link.get_attr("IFLA_ADDRESS"))

    def has_sysctl(self, name: str) -> bool:
        return self.run((SYSCTL / name).exists)

    def read_sysctl(self, name: str) -> str:
        """Return a setting of the namespace, such as net/ipv4/ip_forward."""
        return self.run((SYSCTL / name).read_text).strip()

    def write_sysctl(self, name: str, value: int | str) -> None:
        """Change a setting of the namespace. Raises CannotRun where /proc/sys is read-only or has no such setting."""
        try:
            self.run((SYSCTL / name).write_text, str(value))
        except OSError as error:
            raise CannotRun(
                f"setting {name} in the testbed failed ({error.strerror})",
                "run it as root, where /proc/sys/net is writable (not in an unprivileged container)",
            ) from error

    def set_sysctl(self, name: str, value: int | str, undo: ExitStack) -> None:
        """Change a setting of the namespace, and set it back on `undo`. Raises CannotRun."""
        before = self.read_sysctl(name)
        self.write_sysctl(name, value)
        undo.callback(self.write_sysctl, name, before)

    @property
    def outlet(self) -> Outlet:
        """Describe this side's interface to a sender in another process."""
        return Outlet(
            namespace=self.namespace,
            namespace_inode=self.namespace_inode,
            outside_inode=self._outside_inode,
            ifname=self.ifname,
            ifindex=self.ifindex,
            mac=self.mac,
        )


class Testbed:
    """Two sides and the session's tag, as a context manager.

    `tag` is six bytes: the source MAC address of every frame, random, locally administered, owned by no interface.
    `no_ipv6` says why the sides have IPv4 addresses alone, or is None.
    """

    __test__ = False  # its name makes pytest look for tests in it

    def __init__(self, tag: bytes | None = None) -> None:
        """Draw a tag, or take that of another bed of the session."""
        self.tag = tag or bytes([0x02 | secrets.randbits(8) & 0xFC]) + secrets.token_bytes(5)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self.sender = Side("sender", SENDER_IPV4, SENDER_IPV6)
            undo.callback(self.sender.close)
            self.receiver = Side("receiver", RECEIVER_IPV4, RECEIVER_IPV6)
            undo.callback(self.receiver.close)
            self.no_ipv6 = _why_no_ipv6(self.sender)
            for side in self.sides:
                self._settle(side)
            self._join()
            # The sender last: its end has a carrier, and with that a queue, from the start.
            self._address(self.receiver, self.sender)
            self._address(self.sender, self.receiver)
            for side in self.sides:
                _await_carrier(side)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._undo.close()

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.sender, self.receiver

    @property
    def tag_mac(self) -> str:
        return self.tag.hex(":")

    @staticmethod
    def _settle(side: Side) -> None:
        """Set what new interfaces inherit, before there are any. A namespace may start with the host's values."""
        for name in ("all", "default"):
            side.write_sysctl(f"net/ipv4/conf/{name}/rp_filter", 0)
            side.write_sysctl(f"net/ipv4/conf/{name}/log_martians", 0)
            # A report of a joined group is repeated within milliseconds, not up to a second later: it is a frame too.
            side.write_sysctl(f"net/ipv4/conf/{name}/igmpv3_unsolicited_report_interval", 1)
        side.write_sysctl("net/ipv4/ip_forward", 0)
        # RPS moves drops to another CPU and past the last send. Off is the default but for this mask, new in 6.3.
        if side.has_sysctl("net/core/rps_default_mask"):
            side.write_sysctl("net/core/rps_default_mask", 0)
        if side.has_sysctl(IPV6):
            # Multicast listener reports go out within milliseconds, not during the first second: they pass the same
            # queues and counters as the traffic does.
            for name, value in (
                ("accept_ra", 0),
                ("router_solicitations", 0),
                ("addr_gen_mode", 1),
                ("mldv1_unsolicited_report_interval", 1),
                ("mldv2_unsolicited_report_interval", 1),
            ):
                side.write_sysctl(f"{IPV6}/{name}", value)

    def _join(self) -> None:
        sender, receiver = self.sides
        peer = {"ifname": receiver.ifname, "net_ns_fd": receiver.namespace}

        def make_pair(route: IPRoute) -> None:
            route.link("add", ifname=sender.ifname, kind="veth", peer=peer)

        try:
            sender.netlink(make_pair)
        except NetlinkError as error:
            raise CannotRun(
                f"a veth pair could not be made ({error})", "load the kernel module: modprobe veth"
            ) from error
        for side in self.sides:
            side.look_up_link()

    def _address(self, side: Side, other: Side) -> None:
        def set_up(route: IPRoute) -> None:
            route.link("set", index=LOOPBACK, state="up")
            route.link("set", index=side.ifindex, state="up")
            route.addr("add", index=side.ifindex, address=side.ipv4, prefixlen=30)
            route.neigh("add", ifindex=side.ifindex, dst=other.ipv4, lladdr=other.mac, state=NUD_PERMANENT)
            if self.no_ipv6 is None:
                flags = IFA_F_NODAD | IFA_F_PERMANENT
                route.addr("add", index=side.ifindex, address=side.ipv6, prefixlen=64, flags=flags)
                route.neigh("add", ifindex=side.ifindex, dst=other.ipv6, lladdr=other.mac, state=NUD_PERMANENT)

        try:
            side.netlink(set_up)
        except NetlinkError as error:
            raise CannotRun(f"the testbed's addresses could not be set ({error})", "run `bench doctor`") from error


def _why_no_ipv6(side: Side) -> str | None:
    """Say why a new namespace has no IPv6, or None: the machine's boot parameters hold there too."""
    if not side.has_sysctl(IPV6):
        return NO_IPV6
    return IPV6_OFF if side.read_sysctl(f"{IPV6}/disable_ipv6") == "1" else None


def _await_carrier(side: Side) -> None:
    """Wait until the kernel's link watch, which runs in a worker thread, has put the interface into service."""
    deadline = time.monotonic() + CARRIER_TIMEOUT_S

    def state(route: IPRoute) -> str:
        return str(route.link("get", index=side.ifindex)[0].get_attr("IFLA_OPERSTATE"))

    while side.netlink(state) != "UP":
        if time.monotonic() > deadline:
            raise CannotRun(f"the testbed's {side.ifname} was not up after {CARRIER_TIMEOUT_S} s", "try again")
        time.sleep(0.001)
