"""Packets that an nftables rule drops on their way in."""

from __future__ import annotations

from contextlib import ExitStack

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from traffic import nftables
from traffic.contract import DropKind, Expected
from traffic.counters import nft_counter
from traffic.testbed import STRANGER_IPV4, Testbed

PORT = 13
TABLE = "inet bench"
RULES = f"""table {TABLE} {{
    counter dropped {{ }}
    chain input {{
        type filter hook input priority 0; policy accept;
        udp dport {PORT} counter name dropped drop
    }}
}}
"""


class Kind(DropKind):
    summary = "UDP that an nftables rule drops in the input hook"
    reasons = ("NETFILTER_DROP",)
    senders = ("packet", "xdp")

    def unsupported(self) -> str | None:
        return nftables.missing()

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        nftables.load_rules(bed.receiver, RULES, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        ip = IP(src=STRANGER_IPV4, dst=bed.receiver.ipv4)
        return [
            bytes(Ether(src=bed.tag_mac, dst=bed.receiver.mac) / ip / UDP(sport=40000, dport=PORT) / b"not in here")
        ]

    def expect(self, sent: int, refused: int) -> Expected:
        arrived = sent - refused
        return Expected(drops={"NETFILTER_DROP": arrived}, witness={"receiver: nft dropped": arrived})

    def witness(self, bed: Testbed) -> dict[str, int]:
        return nft_counter(bed.receiver, TABLE, "dropped")
