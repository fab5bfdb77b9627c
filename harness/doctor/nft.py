"""nft, which drops packets for the kinds that are about a firewall."""

import shutil
from collections.abc import Iterator

from harness.doctor import Finding


def check() -> Iterator[Finding]:
    """Look for it on the PATH, to which the launcher and the command line add root's folders."""
    if shutil.which("nft"):
        yield Finding(level="fine", what="nft is there")
    else:
        yield Finding(
            level="warning",
            what="nft is not installed: the drop kinds that are about a firewall cannot run",
            cure="install nftables (apt-get install nftables, or dnf install nftables)",
        )
