"""Situations that an nftables ruleset of the receiver's decides."""

from contextlib import ExitStack

from traffic import nftables
from traffic.scene import Scene
from traffic.situations.parts.frames import FramesSent


class Ruled(FramesSent):
    """UDP to a receiver whose input hook has the rules; what they count is in named counters."""

    needs = ("nft",)
    counters: tuple[str, ...] = ()
    rule: str

    def set_up(self, bed: Scene, undo: ExitStack) -> None:
        counters = "".join(f"counter {name} {{ }}\n" for name in self.counters)
        chain = f"chain input {{\ntype filter hook input priority 0; policy accept;\n{self.rule}\n}}"
        nftables.load_rules(bed.receiver, f"table inet bench {{\n{counters}{chain}\n}}\n", undo)
