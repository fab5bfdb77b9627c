"""UDP with a wrong checksum, to a port that nobody listens on.

__udp4_lib_rcv looks for the socket first and verifies the checksum when there is none: a corrupted port number is no
reason to say "no socket". Where there is a socket, the checksum is verified as the data is copied to the reader: the
drop would then come with the reading process, not with the packet.
"""

from __future__ import annotations

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from traffic.contract import DropKind, Expected
from traffic.counters import snmp
from traffic.testbed import STRANGER_IPV4, Testbed

PORT = 9
WRONG_CHECKSUM = 0xDEAD  # not 0: that means "none computed" (RFC 768)


class Kind(DropKind):
    summary = "UDP with a wrong checksum"
    reasons = ("UDP_CSUM",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        ip = IP(src=STRANGER_IPV4, dst=bed.receiver.ipv4)
        udp = UDP(sport=40000, dport=PORT, chksum=WRONG_CHECKSUM)
        return [bytes(Ether(src=bed.tag_mac, dst=bed.receiver.mac) / ip / udp / b"wrong sum")]

    def expect(self, sent: int, refused: int) -> Expected:
        arrived = sent - refused
        return Expected(drops={"UDP_CSUM": arrived}, witness={"receiver: Udp.InCsumErrors": arrived})

    def witness(self, bed: Testbed) -> dict[str, int]:
        return snmp(bed.receiver, "Udp.InCsumErrors")
