"""UDP that an nftables rule drops as it comes off the interface (the netdev family's ingress hook).

Earlier than `netfilter`: before routing, before IP has looked at the packet at all.
"""

from contextlib import ExitStack

from traffic import nftables
from traffic.counters import nft_counter
from traffic.recipe import UDP, DropKind, Testbed, ipv4

PORT = 14
TABLE = "netdev bench"


class Kind(DropKind):
    summary = "UDP that an nftables rule drops in the interface's ingress hook"
    reasons = ("NETFILTER_DROP",)
    counters = ("nft ingress_dropped",)
    senders = ("packet", "xdp")

    def unsupported(self) -> str | None:
        return nftables.missing()

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        rules = f"""table {TABLE} {{
            counter ingress_dropped {{ }}
            chain ingress {{
                type filter hook ingress device {bed.receiver.ifname} priority 0; policy accept;
                udp dport {PORT} counter name ingress_dropped drop
            }}
        }}
        """
        nftables.load_rules(bed.receiver, rules, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=PORT) / b"not in here")]

    def witness(self, bed: Testbed) -> dict[str, int]:
        return nft_counter(bed.receiver, TABLE, "ingress_dropped")
