"""Datagrams that an nftables rule drops in the sender's output hook: the program is told (EPERM)."""

from contextlib import ExitStack

from traffic import nftables
from traffic.scene import Scene
from traffic.situations.parts.datagrams import DatagramsSent

RULES = """table inet bench {
    counter kept { }
    chain output {
        type filter hook output priority 0; policy accept;
        udp dport 9 counter name kept drop
    }
}
"""


class Case(DatagramsSent):
    title = "datagrams that an nftables rule drops in the output hook"
    needs = ("nft",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        nftables.load_rules(bed.sender, RULES, undo)
