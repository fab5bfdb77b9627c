"""UDP that a BPF program on the traffic control hook drops on its way in (cls_bpf)."""

from contextlib import ExitStack

from traffic import tc
from traffic.counters import qdisc_drops
from traffic.recipe import UDP, DropKind, Testbed, ipv4

PORT = 17


class Kind(DropKind):
    summary = "UDP that traffic control drops on its way in"
    reasons = ("TC_INGRESS",)
    counters = ("receiver clsact drops",)

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        tc.drop_udp_port(bed.receiver, "ingress", PORT, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=PORT))]

    def witness(self, bed: Testbed) -> dict[str, int]:
        return qdisc_drops(bed.receiver, "clsact")
