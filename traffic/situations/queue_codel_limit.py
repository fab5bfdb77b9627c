"""Datagrams into fq_codel with room for few packets: it drops from the fattest flow (fq_codel_drop)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import queues
from traffic.situations.parts.datagrams import DatagramsSent


class Case(DatagramsSent):
    title = "datagrams into a queue (fq_codel) that is full"
    payload = bytes(1000)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        queues.shape(bed.sender, "fq_codel", fqc_limit=queues.ROOM)
