"""Remove what killed runs left behind.

Namespaces, interfaces, programs and maps vanish with the processes that held them; what a SIGKILL can leave is the
folder with a session's temporary files, and processes that a mode started. A running session's are not touched.
"""

import argparse

from harness.commands.parts.status import DONE
from harness.machine.group import abandoned, end_abandoned
from harness.machine.runfolder import remove, stale_folders
from results.shown import shown

NEEDS = "root"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(_arguments: argparse.Namespace) -> int:
    stale = stale_folders()
    for folder in stale:
        remove(folder)
        print(f"removed {shown(folder.path)} ({folder.size_bytes / 1e6:.1f} MB)")
    groups = abandoned()
    for group in groups:
        end_abandoned(group)
        for pid, name in group.processes.items():
            print(f"ended process {pid}, which a mode had started: {shown(name)}")
        if not group.processes:
            print(f"removed {shown(group.folder)}")
    if not stale and not groups:
        print("nothing to remove")
    return DONE
