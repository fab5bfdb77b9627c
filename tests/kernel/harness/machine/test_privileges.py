"""What root may do here, as the command line asks it."""

from __future__ import annotations

import subprocess
import sys

from harness.machine.privileges import missing_capabilities


def test_root_has_all_capabilities() -> None:
    """The kernel tests mean something only where every capability is there."""
    assert missing_capabilities() == []


def test_a_dropped_capability_is_named() -> None:
    """A container's root that lacks one is told which."""
    code = "from harness.machine.privileges import missing_capabilities; print(*missing_capabilities())"
    dropped = subprocess.run(
        ["setpriv", "--bounding-set", "-syslog,-net_raw", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert dropped.stdout.split() == ["CAP_NET_RAW", "CAP_SYSLOG"]
