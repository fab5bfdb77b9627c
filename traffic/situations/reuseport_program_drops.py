"""UDP to sockets that share a port (SO_REUSEPORT), whose BPF program chooses none of them (SK_DROP)."""

import os
import socket
from contextlib import ExitStack

from bpf import instructions
from traffic.scene import Scene
from traffic.situations.parts import sending
from traffic.situations.parts.frames import PORT, FramesForKernel

SK_REUSEPORT, SK_DROP = 21, 0  # include/uapi/linux/bpf.h
SO_ATTACH_REUSEPORT_EBPF = 52  # include/uapi/asm-generic/socket.h


class Case(FramesForKernel):
    title = "UDP to a port whose program chooses none of its sockets"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        def listen() -> socket.socket:
            opened = sending.udp_socket(bed.receiver.ipv4)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            opened.bind((bed.receiver.ipv4, PORT))
            return opened

        program = instructions.load(SK_REUSEPORT, instructions.returning(SK_DROP))
        undo.callback(os.close, program)
        opened = undo.enter_context(bed.receiver.run(listen))
        opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, program)
