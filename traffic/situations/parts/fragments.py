"""Datagrams in fragments, of which some are missing, doubled, or do not fit."""

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.packet import Packet, Raw

from traffic.recipe import ipv4, ipv6
from traffic.scene import Scene

PART_BYTES = 400  # a multiple of eight, as fragments count
FAMILY = {False: "net/ipv4/ipfrag", True: "net/ipv6/ip6frag"}


def parts(bed: Scene, number: int, *, over_ipv6: bool = False) -> list[Packet]:
    """Return a datagram to port 9 in three frames; `number` tells datagrams apart."""
    return [part(bed, number, at, over_ipv6=over_ipv6) for at in range(3)]


def part(bed: Scene, number: int, at: int, *, over_ipv6: bool = False, early_bytes: int = 0) -> Packet:
    """Return the part of a datagram in three; `early_bytes` makes it begin as many bytes sooner, and end with them."""
    header = ipv6(bed) if over_ipv6 else ipv4(bed)
    whole = header / UDP(sport=40000, dport=9) / bytes(3 * PART_BYTES - 8)
    datagram = bytes(whole[UDP])
    begin = at * PART_BYTES
    payload = Raw(datagram[begin : begin + PART_BYTES])
    offset, more = (begin - early_bytes) // 8, int(at < 2)
    if over_ipv6:
        header[IPv6].nh = 44
        return header / IPv6ExtHdrFragment(nh=17, offset=offset, m=more, id=number) / payload
    return ipv4(bed, proto=17, frag=offset, flags="MF" if more else 0, id=number) / payload
