"""The last ACK of a handshake that nobody began, to a listener with SYN cookies (cookie_v4_check)."""

from contextlib import ExitStack

from scapy.packet import Packet

from traffic.recipe import TCP, ipv4
from traffic.scene import Scene
from traffic.situations.parts import tcp
from traffic.situations.parts.frames import FramesForKernel

ALWAYS = 2


class Case(FramesForKernel):
    title = "TCP ACKs with a wrong SYN cookie"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.write_sysctl("net/ipv4/tcp_syncookies", ALWAYS)
        undo.enter_context(tcp.listen(bed.receiver))

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed) / TCP(sport=40000, dport=tcp.PORT, flags="A", seq=1001, ack=12345)
