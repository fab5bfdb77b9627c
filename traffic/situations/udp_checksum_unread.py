"""UDP with a wrong checksum and a long payload, to a socket that is closed unread: nobody ever verified it."""

from contextlib import ExitStack

from traffic.scene import Scene
from traffic.situation import Done
from traffic.situations import udp_checksum_for_its_reader
from traffic.situations.parts import frames, sending


class Case(udp_checksum_for_its_reader.Case):
    title = "UDP with a wrong checksum and a long payload, to a socket that is closed unread"

    def do(self, bed: Scene, undo: ExitStack) -> Done:
        reader = sending.listening(bed.receiver, frames.PORT)
        errors = sending.send_frames(bed.sender, bytes(self.frames(bed)), self.times)
        bed.receiver.run(reader.close)
        return Done(sent=self.times, arrived=0, errors=errors)
