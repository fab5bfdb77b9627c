"""IPv4 fragments of datagrams whose last part never comes: the rest is dropped when its time is over."""

import time
from collections.abc import Sequence
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts import fragments
from traffic.situations.parts.frames import FramesSent

TIME_S = 1


class Case(FramesSent):
    title = "IPv4 fragments whose datagrams are never complete"
    times = 20  # ten datagrams of three parts, the last of each missing

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.write_sysctl("net/ipv4/ipfrag_time", TIME_S)

    def frames(self, bed: Scene) -> Sequence[Packet]:
        return [part for number in range(10) for part in fragments.parts(bed, number)[:2]]

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        done = super().do(bed, undo)
        time.sleep(TIME_S)
        return done
