"""UDP with a wrong checksum and more than 68 bytes of payload: it is verified as it is copied to its reader.

The drop happens on the reader's time, in its system call (udp_recvmsg), and is in no statistic before.
"""

from scapy.layers.inet import UDP
from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent

MORE_THAN_ON_ARRIVAL = 200  # bytes: see the kind bad-udp-checksum


class Case(FramesSent):
    title = "UDP with a wrong checksum and a long payload, to a reader"

    def frames(self, bed: Scene) -> Packet:
        packet = self.packet(bed)
        packet[UDP].chksum = 0xDEAD
        return packet / bytes(MORE_THAN_ON_ARRIVAL)
