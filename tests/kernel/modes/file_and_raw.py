"""The `file` mode, which also keeps each record as it came: what a test decodes slowly."""

from __future__ import annotations

import os

from bpf.record import Samples
from modes import Kit
from modes.file import File
from modes.parts import rawfile


class FileAndRaw(File):
    writes = "file"

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._raw_file = os.open(os.environ["RAW_FILE"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(self._raw_file, rawfile.header(kit.realtime_offset_ns, kit.reasons))

    def take(self, samples: Samples) -> None:
        os.write(self._raw_file, samples.tobytes())
        super().take(samples)
