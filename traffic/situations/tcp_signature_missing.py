"""SYNs without a signature, to a listener that asks for one (TCP_MD5SIG, RFC 2385; tcp_inbound_md5_hash)."""

import socket
import struct
from contextlib import ExitStack

from scapy.packet import Packet

from bpf.errors import CannotRun
from traffic.recipe import TCP, ipv4
from traffic.scene import Scene
from traffic.situations.parts import tcp
from traffic.situations.parts.frames import FramesForKernel
from traffic.testbed import STRANGER_IPV4

TCP_MD5SIG, KEY = 14, b"secret"  # include/uapi/linux/tcp.h


class Case(FramesForKernel):
    title = "TCP SYNs without the signature that the listener asks for"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        listener = undo.enter_context(tcp.listen(bed.receiver))
        stranger = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton(STRANGER_IPV4))  # sockaddr_storage
        signature = stranger + struct.pack("=BBHI80s", 0, 0, len(KEY), 0, KEY)  # struct tcp_md5sig
        try:
            listener.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, signature)
        except OSError as error:
            raise CannotRun(f"signatures cannot be asked for ({error})", "CONFIG_TCP_MD5SIG") from error

    def frames(self, bed: Scene) -> Packet:
        return ipv4(bed) / TCP(sport=40000, dport=tcp.PORT, flags="S")
