"""Datagrams into a queue discipline that has reached its limit in packets (pfifo): the sender's send() succeeds."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import queues
from traffic.situations.parts.datagrams import DatagramsSent


class Case(DatagramsSent):
    title = "datagrams into a queue (pfifo) that is full"
    payload = bytes(1000)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        queues.shape(bed.sender, "pfifo", limit=queues.ROOM)
