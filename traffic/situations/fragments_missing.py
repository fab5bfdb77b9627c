"""IPv4 fragments of datagrams whose last part never comes: the rest is dropped when its time is over (ip_expire)."""

import time
from contextlib import ExitStack

from scapy.packet import Packet

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts import fragments

TIME_S = 1


class Case(fragments.Fragmented):
    title = "IPv4 fragments whose datagrams are never complete"
    setting = "net/ipv4/ipfrag_time"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.write_sysctl(self.setting, TIME_S)

    def parts_of(self, bed: Scene, number: int) -> list[Packet]:
        return fragments.parts(bed, number, over_ipv6=self.over_ipv6)[:2]

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        done = super().do(bed, undo)
        time.sleep(TIME_S)
        return done
