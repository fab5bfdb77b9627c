"""The last ACK of a handshake that nobody began, to a listener (tcp_rcv_state_process): it is reset."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.recipe import TCP, ipv4
from traffic.scene import Scene
from traffic.situations.parts import tcp
from traffic.situations.parts.frames import FramesForKernel


class Case(FramesForKernel):
    title = "TCP ACKs to a listener that has heard no SYN"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        undo.enter_context(tcp.listen(bed.receiver))

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed) / TCP(sport=40000, dport=tcp.PORT, flags="A", seq=1001, ack=12345)
