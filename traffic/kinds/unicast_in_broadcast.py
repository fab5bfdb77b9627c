"""A unicast IPv4 packet in a broadcast frame (RFC 1122, section 3.3.6), where the receiver is set to mind it."""

from contextlib import ExitStack

from traffic.recipe import UDP, DropKind, Testbed, ipv4


class Kind(DropKind):
    summary = "a unicast packet in a broadcast frame"
    reasons = ("UNICAST_IN_L2_MULTICAST",)
    counters = ("Ip.InReceives",)
    senders = ("packet", "xdp")

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        name = f"net/ipv4/conf/{bed.receiver.ifname}/drop_unicast_in_l2_multicast"
        bed.receiver.set_sysctl(name, 1, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        frame = ipv4(bed) / UDP(sport=40000, dport=9)
        frame.dst = "ff:ff:ff:ff:ff:ff"
        return [bytes(frame)]
