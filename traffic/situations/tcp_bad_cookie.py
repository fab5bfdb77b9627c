"""The last ACK of a handshake, with a wrong cookie, to a listener that has lately sent SYN cookies.

cookie_v4_check counts it, and the listener goes on with it as with any ACK out of the blue: the reason is about flags.
"""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations.parts import sending
from traffic.situations.parts.tcp import OfNobody

CLIENT_PORT = 40000


class Case(OfNobody):
    title = "TCP ACKs with a wrong SYN cookie"
    times = 20
    syncookies = 2  # always

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        super().set_up(bed, undo)
        sending.send_frames(bed.sender, self.segment(bed, CLIENT_PORT, flags="S"), 1)

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        answer = self.segment(bed, CLIENT_PORT, flags="A", seq=1001, ack=12345)
        return Done(sent=self.times, arrived=0, errors=sending.send_frames(bed.sender, answer, self.times))
