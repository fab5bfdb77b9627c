"""A program that writes to a TUN device what is no IP packet: it is told (tun_get_user)."""

import os
from contextlib import ExitStack
from functools import partial

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending, tun

OF_VERSION_7 = bytes([0x70]) + bytes(39)


class Case(Situation):
    title = "writes to a TUN device of what is no IP packet"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.sender.write_sysctl("net/ipv6/conf/default/disable_ipv6", 1)
        self._device = tun.add(bed.sender)
        undo.callback(os.close, self._device)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        errors = bed.sender.run(sending.refusals, [partial(os.write, self._device, OF_VERSION_7)] * self.times)
        return Done(sent=self.times, arrived=0, errors=errors)
