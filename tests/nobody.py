"""Run the command line as a user who may do nothing, also from a checkout that only its owner may enter."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.bench import PATIENCE

CHECKOUT = Path(__file__).resolve().parent.parent
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


@dataclass(frozen=True, slots=True)
class Nobody:
    """The user nobody, where root runs the tests, and elsewhere the one who runs them."""

    python: str
    sources: Path
    folder: Path

    def run(
        self, *words: object, granted: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `bench words…` with what setpriv grants beyond nothing, and return how it ended."""
        return subprocess.run(
            [*((*AS_NOBODY, *granted) if os.geteuid() == 0 else ()), self.python, "-m", "harness", *map(str, words)],
            cwd=self.folder, env={**os.environ, "PYTHONPATH": str(self.sources), "NO_COLOR": "1", **environment},
            capture_output=True, text=True, timeout=120 * PATIENCE, check=False,
        )  # fmt: skip


def find_nobody(folder: Path) -> Nobody:
    """Return nobody at this checkout or, where they may not enter it, at a copy of it in a folder of theirs."""
    here = Nobody(sys.executable, CHECKOUT, CHECKOUT)
    if os.geteuid() != 0 or here.run("modes").returncode == 0:
        return here
    packages = [str(CHECKOUT / name) for name in ("bpf", "modes", "traffic", "harness", "results", "bench")]
    subprocess.run(["cp", "-r", "--no-preserve=mode,ownership", *packages, folder], check=True)
    # The environment is large, and can be read by all: a process that root starts in it enters no folder above it.
    return Nobody("/proc/self/cwd/bin/python", folder, Path(sys.prefix))
