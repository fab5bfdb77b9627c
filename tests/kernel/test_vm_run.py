"""The script that makes a virtual machine mounts folders on its way: nobody else may see them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.kernel.bench import CHECKOUT, OWN_MOUNTS

DEBOOTSTRAP = """#!/bin/sh
readlink /proc/self/ns/mnt >"$LOG"
mkdir "$LOG.mounted" && mount -t tmpfs made-by-debootstrap "$LOG.mounted"
exit 1
"""


@pytest.mark.own_mounts
@pytest.mark.parametrize("inherited", ["", "4321"], ids=["unset", "of-another-run"])
def test_what_it_mounts_is_its_own(tmp_path: Path, inherited: str) -> None:
    """A debootstrap of ours mounts and fails; around it are mounts that share with whatever is started in them."""
    (tmp_path / "tests/vm").mkdir(parents=True)
    for name in ("tests/vm/run", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for tool in ("debootstrap", "qemu-system-x86_64", "mke2fs"):
        (tmp_path / "bin" / tool).write_text(DEBOOTSTRAP)
        (tmp_path / "bin" / tool).chmod(0o755)
    around = "mount --make-rshared / && { tests/vm/run; echo $?; readlink /proc/self/ns/mnt; cat /proc/mounts; }"
    environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "LOG": f"{tmp_path}/log", "VM_OWN_MOUNTS": inherited}
    said = subprocess.run(
        [*OWN_MOUNTS, "sh", "-c", around],
        cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    status, outer, mounts = said.stdout.split("\n", 2)
    assert (status, "debootstrap failed" in said.stderr) == ("4", True), said.stderr
    assert (tmp_path / "log").read_text().strip() != outer
    assert "made-by-debootstrap" not in mounts
