"""IPv6 to an interface where IPv6 is switched off (ipv6_rcv_core)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent


class Case(FramesSent):
    title = "IPv6 to an interface on which it is switched off"
    needs = ("ipv6",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.write_sysctl(f"net/ipv6/conf/{bed.receiver.ifname}/disable_ipv6", 1)

    def reader_address(self, bed: Scene) -> str:
        return "::"
