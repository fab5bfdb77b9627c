"""What a killed run left behind."""

from collections.abc import Iterator

from bpf.cache import base_folder
from harness.doctor import AS_ROOT, Finding
from harness.machine.checkout import launcher
from harness.machine.group import abandoned
from harness.machine.runfolder import stale_folders


def check() -> Iterator[Finding]:
    """Look for folders of sessions that are dead, and for processes that their modes had started.

    Namespaces, programs and maps went with their processes.
    """
    try:
        stale = stale_folders()
    except PermissionError:
        yield Finding(level="unchecked", what=f"leftovers of killed runs in {base_folder()}", cure=AS_ROOT)
        return
    if stale:
        size = sum(folder.size_bytes for folder in stale)
        yield Finding(
            level="warning",
            what=f"killed runs left {len(stale)} folders with {size / 1e6:.1f} MB in {base_folder()}",
            cure=f"type: {launcher()} clean",
        )
    groups = abandoned()
    if groups:
        running = [f"{name} ({pid})" for group in groups for pid, name in group.processes.items()]
        yield Finding(
            level="warning",
            what=f"killed runs left {', '.join(running) or 'empty control groups'}",
            cure=f"type: {launcher()} clean",
        )
    if not stale and not groups:
        yield Finding(level="fine", what="no killed run left anything behind")
