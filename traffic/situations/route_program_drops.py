"""UDP whose route runs a BPF program, which drops it (a light-weight tunnel: bpf_input)."""

import os
from contextlib import ExitStack

from bpf import instructions
from traffic.scene import Scene
from traffic.situations.parts.routes import NETWORK, Forwarded

LWT_IN, BPF_DROP = 10, 2  # include/uapi/linux/bpf.h


class Case(Forwarded):
    title = "UDP that a BPF program of its route drops"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        program = instructions.load(LWT_IN, instructions.returning(BPF_DROP))
        undo.callback(os.close, program)
        encap = {"type": "bpf", "in": {"fd": program, "name": "bench"}}
        bed.receiver.netlink(
            lambda route: route.route(
                "add", dst=NETWORK, gateway=bed.sender.ipv4, oif=bed.receiver.ifindex, encap=encap
            )
        )
