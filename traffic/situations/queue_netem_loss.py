"""Datagrams through netem that is told to lose each (netem_enqueue)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.datagrams import DatagramsSent


class Case(DatagramsSent):
    title = "datagrams through netem with a loss of 100 %"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.put_queue(bed.sender, "netem", loss=100)
