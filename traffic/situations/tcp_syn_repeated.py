"""The same SYN again, for a handshake that has begun: the request is found, and the SYN-ACK sent once more.

So each repetition does what it should, and is freed as a drop all the same (tcp_check_req, tcp_v4_rcv).
"""

from contextlib import ExitStack

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from traffic.counters import snmp
from traffic.scene import Scene
from traffic.situation import Done, Situation
from traffic.situations.parts import links, sending, tcp

NOBODY = "198.18.0.99"  # so that no socket answers the SYN-ACK with a reset
SYNACKS = "TcpExt.TCPSynRetrans"


class Case(Situation):
    title = "a TCP SYN repeated while its handshake is half done; each is answered by the SYN-ACK again"

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        links.add_route(bed.receiver, f"{NOBODY}/32")
        links.add_neighbour(bed.receiver, NOBODY, bed.sender.mac)
        bed.receiver.write_sysctl("net/ipv4/tcp_invalid_ratelimit", 0)
        links.silence(bed.sender)
        undo.enter_context(tcp.listen(bed.receiver))

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        syn = (
            Ether(src=bed.tag_mac, dst=bed.receiver.mac)
            / IP(src=NOBODY, dst=bed.receiver.ipv4)
            / TCP(sport=40000, dport=tcp.PORT, flags="S", seq=1000)
        )
        before = snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"]
        sending.send_frames(bed.sender, bytes(syn), 1 + self.times)
        answered = snmp(bed.receiver, "Tcp.OutSegs")["Tcp.OutSegs"] - before
        return Done(sent=1 + self.times, arrived=answered)
