"""UDP with a wrong checksum, to a port that nobody listens on.

Up to 76 bytes of UDP, 68 of payload, the checksum is verified before anything else (CHECKSUM_BREAK, linux/skbuff.h,
in udp4_csum_init): the drop comes with the packet, whether or not somebody listens. That is the case of our frame.
Of a longer one it is verified where no socket is found, for a corrupted port number is no reason to say "no socket";
where there is one, as the data is copied to the reader: that drop comes with the reading process.
"""

from traffic.recipe import UDP, DropKind, Testbed, ipv4

WRONG_CHECKSUM = 0xDEAD  # not 0: that means "none computed" (RFC 768)


class Kind(DropKind):
    summary = "UDP with a wrong checksum"
    reasons = ("UDP_CSUM",)
    counters = ("Udp.InCsumErrors", "Udp.InErrors")
    senders = ("packet", "xdp")

    def frames(self, bed: Testbed) -> list[bytes]:
        return [bytes(ipv4(bed) / UDP(sport=40000, dport=9, chksum=WRONG_CHECKSUM) / b"wrong sum")]
