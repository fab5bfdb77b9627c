"""Datagrams longer than the bucket of a token bucket filter: none of them could ever leave (tbf_enqueue)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts import links
from traffic.situations.parts.datagrams import DatagramsSent

BUCKET_BYTES, PACKET_BYTES = 600, 1000


class Case(DatagramsSent):
    title = "datagrams longer than a token bucket filter's bucket"
    payload = bytes(PACKET_BYTES)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.put_queue(bed.sender, "tbf", handle=0x10000, rate=1_000_000, burst=BUCKET_BYTES, limit=100_000)
