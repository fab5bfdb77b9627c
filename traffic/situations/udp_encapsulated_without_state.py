"""IPsec in UDP (ESP, RFC 3948) to a socket that takes it, for a connection that there is not (xfrm_input)."""

import socket
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situations.parts import sending
from traffic.situations.parts.frames import PORT, FramesForKernel

UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2  # include/uapi/linux/udp.h
SPI_AND_SEQUENCE = bytes.fromhex("00001234 00000001")


class Case(FramesForKernel):
    title = "IPsec in UDP for a connection that there is not"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        taker = undo.enter_context(sending.listening(bed.receiver, PORT))
        taker.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)

    def frames(self, bed: Scene) -> Packet:
        return self.packet(bed) / SPI_AND_SEQUENCE / bytes(40)
