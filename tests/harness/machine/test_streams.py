"""The standard descriptors are bench's, whatever the caller closed and a library opens."""

import subprocess
import sys
from pathlib import Path

from harness.machine.checkout import checkout

# libffi 3.8 opens its own file when ctypes is imported, and keeps it.
STARTS = """
import os, sys
class Keeps:
    def find_spec(self, name, path=None, target=None):
        if name == "ctypes":
            os.open(sys.executable, os.O_RDONLY)
sys.meta_path.insert(0, Keeps())
import harness.__main__
with open(sys.argv[1], "w") as said:
    print(*(os.readlink(f"/proc/self/fd/{number}") for number in range(3)), file=said)
"""


def test_closed_descriptors_are_taken_before_a_library_has_them(tmp_path: Path) -> None:
    """Progress was written to libffi's file, and bench ended (Python 3.14 on Debian unstable)."""
    said = tmp_path / "said"
    words = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", STARTS, str(said)]
    assert subprocess.run(words, cwd=checkout(), check=False).returncode == 0
    assert said.read_text().split() == ["/dev/null"] * 3
