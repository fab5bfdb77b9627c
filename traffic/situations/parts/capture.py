"""Packet sockets as a capture opens them, that nobody reads."""

import socket
import struct
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts.frames import FramesSent

ETH_P_ALL, ETH_P_IP = 0x0003, 0x0800  # include/uapi/linux/if_ether.h
SOL_PACKET, PACKET_STATISTICS = 263, 6  # include/linux/socket.h, include/uapi/linux/if_packet.h
SMALLEST_BUFFER = 1  # bytes; the kernel makes it SOCK_MIN_RCVBUF


class FullBesideReader(FramesSent):
    """Packets to a packet socket of the receiver's that has room for few, and is meant here by what arrives."""

    protocol: int

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        self.capture = undo.enter_context(bed.receiver.run(_open))

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed) / bytes(1000)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        self.capture.bind((bed.receiver.ifname, self.protocol))
        done = super().do(bed, undo)
        seen, dropped = struct.unpack("=II", self.capture.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        counters = {"receiver packet socket's tp_drops": dropped}
        return Done(sent=seen, arrived=seen - dropped, errors=done.errors, counters=counters)


def _open() -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
    return opened
