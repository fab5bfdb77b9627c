"""`file`, on the sender's CPU."""

from harness.explain.same_cpu import move_to_senders_cpu
from modes import file
from modes.parts.mode import Kit


class FileSameCpu(file.File):
    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        move_to_senders_cpu()
