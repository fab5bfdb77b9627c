"""IPv4 fragments to a host that has no memory left for them (ipfrag_high_thresh)."""

from collections.abc import Sequence
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import fragments
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "IPv4 fragments to a host without room for any"
    times = 30

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        for name in ("low", "high"):
            bed.receiver.write_sysctl(f"net/ipv4/ipfrag_{name}_thresh", 0)

    def frames(self, bed: Scene) -> Sequence[Packet]:
        return [part for number in range(10) for part in fragments.parts(bed, number)]
