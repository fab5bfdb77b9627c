"""A scene: a testbed for one situation alone, which may have more namespaces than two."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple, Self

from pyroute2 import IPRoute

from traffic.testbed import IFA_F_NODAD, IFA_F_PERMANENT, LOOPBACK, NUD_PERMANENT, Side, Testbed


class Link(NamedTuple):
    """An interface of a side, beside the testbed's own: its name, number, MAC and IP addresses."""

    ifname: str
    ifindex: int
    mac: str
    ipv4: str
    ipv6: str


class Scene(Testbed):
    """Two sides, `sender` and `receiver`, joined by a veth pair, and those that a situation adds; a context manager."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._added: list[Side] = []
        self._more = ExitStack()
        return self

    def __exit__(self, *exc: object) -> None:
        self._more.close()
        super().__exit__(*exc)

    @property
    def every_side(self) -> tuple[Side, ...]:
        """The two sides, and those added."""
        return (*self.sides, *self._added)

    def add_side(self, name: str, beside: Side) -> tuple[Side, Link]:
        """Add a namespace, joined to a side by another veth pair; return it, and the end that the other side has.

        Both ends have addresses (198.18.N.1 at the side that was there, .2 at the new one) and know each other's MAC.
        There is no route to elsewhere. Raises CannotRun, NetlinkError.
        """
        number = len(self._added) + 1
        side = Side(name, f"198.18.{number}.2", f"fd62:656e:6368:{number}::2")
        self._more.callback(side.close)
        self._settle(side)
        ifname = f"{beside.name}{number}"
        peer = {"ifname": side.ifname, "net_ns_fd": side.namespace}
        beside.netlink(lambda route: route.link("add", ifname=ifname, kind="veth", peer=peer))
        found = beside.netlink(lambda route: route.link("get", ifname=ifname)[0])
        link = Link(
            ifname,
            int(found["index"]),
            str(found.get_attr("IFLA_ADDRESS")),
            f"198.18.{number}.1",
            f"fd62:656e:6368:{number}::1",
        )
        side.look_up_link()
        self._added.append(side)
        beside.netlink(lambda route: self._raise(route, link, side.ipv4, side.ipv6, side.mac))
        other = Link(side.ifname, side.ifindex, side.mac, side.ipv4, side.ipv6)
        side.netlink(lambda route: route.link("set", index=LOOPBACK, state="up"))
        side.netlink(lambda route: self._raise(route, other, link.ipv4, link.ipv6, link.mac))
        return side, link

    def _raise(self, route: IPRoute, link: Link, ipv4: str, ipv6: str, mac: str) -> None:
        """Set an end up, give it its addresses, and tell it who is at the other end."""
        route.link("set", index=link.ifindex, state="up")
        route.addr("add", index=link.ifindex, address=link.ipv4, prefixlen=24)
        route.neigh("add", ifindex=link.ifindex, dst=ipv4, lladdr=mac, state=NUD_PERMANENT)
        if self.no_ipv6 is None:
            flags = IFA_F_NODAD | IFA_F_PERMANENT
            route.addr("add", index=link.ifindex, address=link.ipv6, prefixlen=64, flags=flags)
            route.neigh("add", ifindex=link.ifindex, dst=ipv6, lladdr=mac, state=NUD_PERMANENT)

    def addresses(self, side: Side) -> Iterator[bytes]:
        """Yield the MAC addresses of a side's devices, but for those that are all zeroes."""
        for link in side.netlink(lambda route: list(route.get_links())):
            mac = bytes.fromhex(str(link.get_attr("IFLA_ADDRESS") or "").replace(":", ""))
            if len(mac) == 6 and any(mac):
                yield mac
