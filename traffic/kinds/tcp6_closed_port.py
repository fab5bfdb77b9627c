"""A TCP SYN over IPv6 to a port that nobody listens on. TCP's counters are the same for both families."""

from __future__ import annotations

from scapy.layers.inet import TCP

from traffic.frames import ipv6
from traffic.kind import DropKind
from traffic.testbed import Testbed


class Kind(DropKind):
    summary = "TCP SYN over IPv6 to a port that nobody listens on"
    reasons = ("NO_SOCKET",)
    counters = ("Tcp.InSegs",)
    senders = ("packet", "xdp")
    needs_ipv6 = True

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv6(bed) / TCP(sport=40000, dport=9, flags="S", seq=1))]
