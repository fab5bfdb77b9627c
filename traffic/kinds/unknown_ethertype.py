"""An Ethernet type that nobody in the kernel has asked for: 0x88b5, for local experiments (IEEE 802).

It drops before IP sees it, so it is the cheapest real drop there is: twice the rate of UDP to a closed port.
"""

from traffic.counters import link_counter
from traffic.recipe import DropKind, Testbed, ether

LOCAL_EXPERIMENT = 0x88B5


class Kind(DropKind):
    summary = "an Ethernet type that nothing handles"
    reasons = ("UNHANDLED_PROTO",)
    counters = ("rx_dropped",)
    senders = ("packet", "xdp")
    # Such sockets of all namespaces were in one list, and what is offered to one of them counts as handled.
    unless = (
        "on Linux 6.12 and before, a packet socket that is bound to no interface, in whatever network namespace, takes"
        " such frames: end what listens, as tcpdump -i any"
    )

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ether(bed, type=LOCAL_EXPERIMENT) / bytes(46))]

    def witness(self, bed: Testbed) -> dict[str, int]:
        return link_counter(bed.receiver, *self.counters)
