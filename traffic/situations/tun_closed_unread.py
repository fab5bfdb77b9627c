"""Packets that wait in a TUN device's ring when its program closes it, and the device goes (tun_detach)."""

import os
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending, tun


class Case(Situation):
    title = "packets in the ring of a TUN device when it is closed"
    source = "drivers/net/tun.c tun_queue_purge (6.12)"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.sender.write_sysctl("net/ipv6/conf/default/disable_ipv6", 1)
        self._device = tun.add(bed.sender)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        errors = sending.send_datagrams(bed.sender, (tun.BEHIND, 9), self.times)
        bed.sender.run(os.close, self._device)
        return Done(sent=self.times, arrived=0, errors=errors)
