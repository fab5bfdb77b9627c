"""Datagrams into a TUN device whose program does not read: its ring is full (tun_net_xmit)."""

import os
from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import sending, tun

ROOM = 10


class Case(Situation):
    title = "packets into a TUN device that is not read and is full"
    times = 50

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.sender.write_sysctl("net/ipv6/conf/default/disable_ipv6", 1)
        self._device = tun.add(bed.sender, queue_length=ROOM)
        undo.callback(os.close, self._device)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        errors = sending.send_datagrams(bed.sender, (tun.BEHIND, 9), self.times)
        arrived = 0
        while True:
            try:
                os.read(self._device, 2048)
            except BlockingIOError:
                return Done(sent=self.times, arrived=arrived, errors=errors)
            arrived += 1
