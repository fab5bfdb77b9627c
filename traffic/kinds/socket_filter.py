"""UDP to a socket whose own filter accepts nothing (SO_ATTACH_FILTER)."""

import ctypes
import socket
import struct
from contextlib import ExitStack

from traffic.recipe import UDP, DropKind, Testbed, ipv4

PORT = 16
SO_ATTACH_FILTER = 26  # include/uapi/asm-generic/socket.h
ACCEPT_NOTHING = struct.pack("=HBBI", 0x06, 0, 0, 0)  # struct sock_filter: BPF_RET | BPF_K, 0 bytes


class Kind(DropKind):
    summary = "UDP to a socket whose own filter accepts nothing"
    reasons = ("SOCKET_FILTER",)
    counters = ("Udp.InErrors",)
    senders = ("packet", "xdp")

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        def listen() -> socket.socket:
            deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            code = ctypes.create_string_buffer(ACCEPT_NOTHING, len(ACCEPT_NOTHING))
            program = struct.pack("HP", 1, ctypes.addressof(code))  # struct sock_fprog
            deaf.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
            deaf.bind((bed.receiver.ipv4, PORT))
            return deaf

        undo.enter_context(bed.receiver.run(listen))

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=PORT) / b"filtered")]
