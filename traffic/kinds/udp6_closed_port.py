"""UDP over IPv6 to a port that nobody listens on."""

from __future__ import annotations

from scapy.layers.inet import UDP

from traffic.frames import ipv6
from traffic.kind import DropKind
from traffic.testbed import Testbed


class Kind(DropKind):
    summary = "UDP over IPv6 to a port that nobody listens on"
    reasons = ("NO_SOCKET",)
    counters = ("Udp6NoPorts",)
    senders = ("packet", "xdp")
    needs_ipv6 = True

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv6(bed) / UDP(sport=40000, dport=9) / b"drop me")]
