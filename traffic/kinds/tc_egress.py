"""UDP that a BPF program on the sender's own traffic control hook drops on its way out.

The sender is told (ENOBUFS), so every frame is refused: a drop all the same, with the sending process as its owner.
"""

from contextlib import ExitStack

from traffic import tc
from traffic.counters import qdisc_drops
from traffic.recipe import UDP, DropKind, Expected, Testbed, ipv4

PORT = 18


class Kind(DropKind):
    summary = "UDP that the sender's own traffic control drops on its way out"
    reasons = ("TC_EGRESS",)
    counters = ("sender clsact drops",)
    refuses = True

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        tc.drop_udp_port(bed.sender, "egress", PORT, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=PORT))]

    def expect(self, sent: int, refused: int) -> Expected:  # noqa: ARG002 - all are refused
        return Expected(drops={"TC_EGRESS": sent}, witness={"sender clsact drops": sent})

    def witness(self, bed: Testbed) -> dict[str, int]:
        return qdisc_drops(bed.sender, "clsact")
