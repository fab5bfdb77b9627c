"""A local sender whose route is of type unreachable: it is told at once, before there is a packet."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, routes, sending


class Case(Situation):
    title = "UDP of a local program, whose route is of type unreachable"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.add_route(bed.sender, routes.NETWORK, type="unreachable")

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        told = sending.send_datagrams(bed.sender, (routes.ADDRESS, 9), self.times)
        return Done(sent=self.times, arrived=0, errors=told)
