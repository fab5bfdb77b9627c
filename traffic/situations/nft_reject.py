"""UDP that an nftables rule rejects: dropped, and answered by an ICMP error (nft_reject_inet_eval)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.rules import Ruled


class Case(Ruled):
    title = "UDP that an nftables rule rejects"
    counters = ("rejected",)
    rule = "udp dport 9 counter name rejected reject"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        links.answer_all(bed.receiver)

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed, src=bed.sender.ipv4)
