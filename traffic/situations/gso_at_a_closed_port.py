"""Datagrams that a program sends in one call (UDP_SEGMENT) to a closed port: one event for all of them.

A veth does not cut them, so that 40 are one packet to everybody but IpExt.InNoECTPkts (ip_rcv_core adds gso_segs).
"""

import socket
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, sending

UDP_SEGMENT, SEGMENT_BYTES, SEGMENTS = 103, 1000, 40  # include/uapi/linux/udp.h


class Case(Situation):
    title = "calls that each send 40 datagrams (UDP_SEGMENT) to a closed port"
    unit = "datagrams"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.answer_all(bed.receiver)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        def send() -> None:
            with sending.udp_socket(bed.receiver.ipv4) as opened:
                opened.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SEGMENT_BYTES)
                for _ in range(self.times):
                    opened.sendto(bytes(SEGMENTS * SEGMENT_BYTES), (bed.receiver.ipv4, 9))

        bed.sender.run(send)
        return Done(sent=self.times * SEGMENTS, arrived=0)
