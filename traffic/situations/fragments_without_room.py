"""IPv4 fragments to a host that has no memory left for them (ipfrag_high_thresh)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import fragments


class Case(fragments.Fragmented):
    title = "IPv4 fragments to a host without room for any"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        for name in ("low", "high"):
            bed.receiver.write_sysctl(f"net/ipv4/ipfrag_{name}_thresh", 0)

    def parts_of(self, bed: Scene, number: int) -> list[Packet]:
        return fragments.parts(bed, number)
