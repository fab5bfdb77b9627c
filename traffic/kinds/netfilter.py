"""UDP that an nftables rule drops on its way to the socket (the input hook)."""

from contextlib import ExitStack

from traffic import nftables
from traffic.counters import nft_counter
from traffic.recipe import UDP, DropKind, Testbed, ipv4

PORT = 13
TABLE = "inet bench"
RULES = f"""table {TABLE} {{
    counter input_dropped {{ }}
    chain input {{
        type filter hook input priority 0; policy accept;
        udp dport {PORT} counter name input_dropped drop
    }}
}}
"""


class Kind(DropKind):
    summary = "UDP that an nftables rule drops in the input hook"
    reasons = ("NETFILTER_DROP",)
    counters = ("nft input_dropped",)
    senders = ("packet", "xdp")

    def unsupported(self) -> str | None:
        return nftables.missing()

    def set_up(self, bed: Testbed, undo: ExitStack) -> None:
        nftables.load_rules(bed.receiver, RULES, undo)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=PORT) / b"not in here")]

    def witness(self, bed: Testbed) -> dict[str, int]:
        return nft_counter(bed.receiver, TABLE, "input_dropped")
