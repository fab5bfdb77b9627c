"""nft, which drops packets for the kinds that are about a firewall."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from harness.doctor._finding import Finding


def check() -> Iterator[Finding]:
    """Look for it where sudo looks: an ordinary user's PATH often lacks the sbin folders."""
    if shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"):
        yield Finding(level="fine", what="nft is there")
    else:
        yield Finding(
            level="warning",
            what="nft is not installed: the drop kinds that are about a firewall cannot run",
            cure="install nftables: sudo apt-get install nftables, or sudo dnf install nftables",
        )
