"""A packet socket with a memory-mapped ring (PACKET_RX_RING) that nobody reads: what finds no frame is counted alone.

The loss is in the socket's PACKET_STATISTICS (tpacket_rcv).
"""

import struct
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import capture

PACKET_RX_RING = 5  # include/uapi/linux/if_packet.h
FRAMES, FRAME_BYTES = 8, 2048


class Case(capture.FullBesideReader):
    title = "packets to a full capture ring, which a UDP socket reads"
    source = "net/packet/af_packet.c tpacket_rcv, drop_n_account (6.12)"
    protocol = capture.ETH_P_ALL

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        ring = struct.pack("=IIII", FRAMES * FRAME_BYTES, 1, FRAME_BYTES, FRAMES)  # struct tpacket_req
        self.capture.setsockopt(capture.SOL_PACKET, PACKET_RX_RING, ring)
