"""UDP in a frame for another machine's MAC address (ip_rcv_core, PACKET_OTHERHOST)."""

from traffic.counters import link_counter
from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "UDP in a frame for another machine's MAC address"
    reasons = ("OTHERHOST",)
    counters = ("rx_otherhost_dropped",)
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        frame = ipv4(bed) / UDP(sport=40000, dport=9)
        frame.dst = "02:00:5e:00:53:01"
        return [bytes(frame)]

    def witness(self, bed: Testbed) -> dict[str, int]:
        return link_counter(bed.receiver, *self.counters)
