"""Datagrams in fragments, of which some are missing, doubled, or do not fit."""

from abc import abstractmethod
from contextlib import ExitStack

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.packet import Packet, Raw

from traffic.recipe import ipv4, ipv6
from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts import sending
from traffic.situations.parts.frames import PORT, FramesSent

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


class Fragmented(FramesSent):
    """Datagrams that are sent in fragments, over IPv6 where that is needed; what arrives are datagrams."""

    times = 10
    unit = "datagrams"

    @abstractmethod
    def parts_of(self, bed: Scene, number: int) -> list[Packet]:
        """Return the frames of one datagram."""

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = undo.enter_context(sending.listening(bed.receiver, PORT, self.reader_address(bed)))
        frames = [bytes(frame) for number in range(self.times) for frame in self.parts_of(bed, number)]
        errors = sending.send_frames(bed.sender, frames, len(frames))
        return Done(sent=self.times, arrived=sending.take_all(reader), errors=errors)
