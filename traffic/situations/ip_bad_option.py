"""IPv4 with an option that claims more bytes than the header has (ip_options_compile)."""

from scapy.layers.inet import IPOption_Address_Extension
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent

LONGER_THAN_ALL_OPTIONS = 40


class Case(FramesSent):
    title = "IPv4 with an option that is longer than the header"

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed, options=IPOption_Address_Extension(length=LONGER_THAN_ALL_OPTIONS))
