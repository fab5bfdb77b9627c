"""UDP that is over the rate of an nftables rule: four are within its burst (nft_limit_eval)."""

from traffic.situations.parts.rules import Ruled


class Case(Ruled):
    title = "UDP over the rate of an nftables rule"
    counters = ("over",)
    rule = "udp dport 9 limit rate over 1/day burst 4 packets counter name over drop"
