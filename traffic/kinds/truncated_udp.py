"""A packet that ends in the middle of its UDP header.

The kernel gives no reason here: __udp4_lib_rcv drops for "no space for header" before it has set one. UDP whose length
field lies (udp-length-beyond-packet) does get a reason.
"""

from traffic.recipe import DropKind, Testbed, ipv4

UDP = 17


class Kind(DropKind):
    summary = "a packet that ends within its UDP header"
    reasons = ("NOT_SPECIFIED",)
    counters = ("Udp.InErrors",)

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed, proto=UDP) / bytes(4))]
