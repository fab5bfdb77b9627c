"""Load nftables rules into a side of the testbed, and take them out again."""

import shutil
import subprocess
from contextlib import ExitStack

from bpf.errors import CannotRun
from traffic.testbed import Side

CURE = "install nftables (apt install nftables, or dnf install nftables)"


def missing() -> str | None:
    """Say that the nft command is missing, or None."""
    return None if shutil.which("nft") else f"the nft command is missing; {CURE}"


def load_rules(side: Side, rules: str, undo: ExitStack) -> None:
    """Load a ruleset that makes one table, named on its first line (`table FAMILY NAME {`); delete the table on `undo`.

    Raises CannotRun, with nft's own words, where nft or the kernel cannot.
    """
    if shutil.which("nft") is None:
        raise CannotRun("the nft command is missing", CURE)
    done = side.run(subprocess.run, ["nft", "-f", "-"], input=rules, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotRun(
            f"nft could not load its rules ({done.stderr.strip().splitlines()[0]})",
            "boot a kernel with nf_tables (CONFIG_NF_TABLES_INET, CONFIG_NF_TABLES_NETDEV)",
        )
    delete = ["nft", "delete", "table", *rules.split()[1:3]]
    undo.callback(lambda: side.run(subprocess.run, delete, check=True))
