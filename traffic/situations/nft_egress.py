"""Datagrams that an nftables rule drops in the interface's egress hook: send() succeeds."""

from contextlib import ExitStack

from traffic import nftables
from traffic.scene import Scene
from traffic.situations.parts.datagrams import DatagramsSent


class Case(DatagramsSent):
    title = "datagrams that an nftables rule drops in the egress hook"
    needs = ("nft",)

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        rules = f"""table netdev bench {{
            counter kept {{ }}
            chain egress {{
                type filter hook egress device {bed.sender.ifname} priority 0; policy accept;
                udp dport 9 counter name kept drop
            }}
        }}
        """
        nftables.load_rules(bed.sender, rules, undo)
