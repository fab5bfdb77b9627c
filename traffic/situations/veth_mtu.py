"""Frames that are longer than the MTU of a veth's other end, and four bytes more (__is_skb_forwardable)."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situations.parts.datagrams import DatagramsSent

MTU = 1000


class Case(DatagramsSent):
    title = "datagrams longer than the MTU of the veth's other end"
    payload = bytes(MTU + 5 - 28)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        bed.receiver.netlink(lambda route: route.link("set", index=bed.receiver.ifindex, mtu=MTU))
