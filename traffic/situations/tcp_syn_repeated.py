"""The same SYN again, for a handshake that has begun: the request is found, and the SYN-ACK sent once more.

So each repetition does what it should, and is freed as a drop all the same (tcp_check_req, tcp_v4_rcv).
"""

from traffic.situations.parts.tcp import SynsOfNobody


class Case(SynsOfNobody):
    title = "a TCP SYN repeated while its handshake is half done; each is answered by the SYN-ACK again"
    times = 20

    def port_of(self, number: int) -> int:
        return 40000
