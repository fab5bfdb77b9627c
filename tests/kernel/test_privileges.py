"""What root may do here, as the command line asks it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.privileges import NEEDED, missing_capabilities

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def test_root_has_all_capabilities() -> None:
    """The kernel tests mean something only where every capability is there."""
    assert missing_capabilities() == []


def test_a_dropped_capability_is_named() -> None:
    """A container's root that lacks one is told which."""
    code = "from harness.privileges import missing_capabilities; print(*missing_capabilities())"
    dropped = subprocess.run(
        ["setpriv", "--bounding-set", "-syslog,-net_raw", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert dropped.stdout.split() == ["CAP_NET_RAW", "CAP_SYSLOG"]


def test_what_is_needed_is_enough() -> None:
    """The checkout's owner with these capabilities and no more runs a trial that balances and names functions."""
    owner = CHECKOUT.stat()
    granted = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in NEEDED)
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, owner.st_uid, owner.st_gid)
        command = (
            f"setpriv --reuid {owner.st_uid} --regid {owner.st_gid} --clear-groups --no-new-privs --inh-caps {granted} "
            f"--ambient-caps {granted} --bounding-set -all,{granted} {sys.executable} -m harness run --mode file "
            "--reader batch --pass timed --foreign-limit 1 --steal-limit 1 "
            f"--trials 1 --duration 0.2 --rate 10000 --quiet --json --out {folder}/out.jsonl --trace {folder}/trace"
        )
        done = subprocess.run(
            command.split(),
            env=os.environ | {"HOME": folder, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(CHECKOUT)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        lines = (Path(folder) / "trace").read_text().splitlines()
    assert len(lines) == 2000
    assert re.search(r"Function: [a-z_]\w+\+0x", lines[0])
