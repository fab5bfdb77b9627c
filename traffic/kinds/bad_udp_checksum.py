"""UDP with a wrong checksum, to a port that nobody listens on.

__udp4_lib_rcv looks for the socket first and verifies the checksum when there is none: a corrupted port number is no
reason to say "no socket". Where there is a socket, the checksum is verified as the data is copied to the reader: the
drop would then come with the reading process, not with the packet.
"""

from __future__ import annotations

from scapy.layers.inet import UDP

from traffic.contract import DropKind
from traffic.frames import ipv4
from traffic.testbed import Testbed

WRONG_CHECKSUM = 0xDEAD  # not 0: that means "none computed" (RFC 768)


class Kind(DropKind):
    summary = "UDP with a wrong checksum"
    reasons = ("UDP_CSUM",)
    counters = ("Udp.InCsumErrors", "Udp.InErrors")
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=9, chksum=WRONG_CHECKSUM) / b"wrong sum")]
