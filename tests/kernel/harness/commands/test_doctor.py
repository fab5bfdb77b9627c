"""Doctor on a machine where bench runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bpf.own import PROGRAMS
from bpf.program import import_bcc
from harness.doctor import Finding, examine
from harness.doctor.hidden_events import check
from tests.kernel.bench import OWN_MOUNTS

CHECKOUT = Path(__file__).resolve().parents[4]
READ_ONLY = 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"'
HIDDEN = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'

# how to make a machine like that for one process, the level of what doctor says, words of it
MACHINES = [
    pytest.param(
        ["setpriv", "--bounding-set", "-net_admin"], "missing", "CAP_NET_ADMIN", id="capability-dropped"
    ),
    pytest.param(
        ["unshare", "--user", "--map-root-user"], "missing", "only root in a user namespace", id="user-namespace"
    ),
    pytest.param(
        [*OWN_MOUNTS, "sh", "-c", READ_ONLY, "sh"], "missing", "/proc/sys is read-only",
        id="settings-read-only", marks=pytest.mark.own_mounts,
    ),
    pytest.param(
        [*OWN_MOUNTS, "sh", "-c", HIDDEN, "sh"], "missing", "/sys/kernel/btf/vmlinux",
        id="types-hidden", marks=pytest.mark.own_mounts,
    ),
    pytest.param(["taskset", "--cpu-list", "0"], "warning", "one CPU only", id="one-cpu"),
    pytest.param(["unshare", "--net"], "unchecked", "whether the JIT compiler is on", id="network-of-its-own"),
]  # fmt: skip


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    return examine()


def test_nothing_is_missing_where_the_kernel_tests_run(found: list[Finding]) -> None:
    """Every check that could say `missing` says otherwise here, and none that root can make is left out."""
    assert [finding for finding in found if finding.level == "missing"] == []
    assert all(finding.cure is None for finding in found if finding.level == "unchecked")


def test_the_program_was_really_loaded(found: list[Finding]) -> None:
    """The last word is not a list of conditions but the thing itself."""
    assert "the program loads and attaches" in [finding.what for finding in found]


@pytest.mark.may_skip("a chroot has no user namespaces, and their root may not enter the home of another user")
@pytest.mark.parametrize(("machine", "level", "words"), MACHINES)
def test_what_a_container_denies_is_named_once(machine: list[str], level: str, words: str) -> None:
    """Each denial is one finding with a cure, and the exit status says whether bench can run in spite of it."""
    doctor = [sys.executable, "-m", "harness", "doctor", "--no-spin", "--json"]
    tried = subprocess.run([*machine, "test", "-r", CHECKOUT / "bench"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(tried.stderr.strip() or f"{CHECKOUT} cannot be entered from there")
    said = subprocess.run([*machine, *doctor], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    findings = [
        finding for finding in json.loads(said.stdout) if finding["level"] == "missing" or words in finding["what"]
    ]
    assert [finding["level"] for finding in findings] == [level], findings
    assert words in findings[0]["what"]
    assert findings[0]["cure"]
    assert said.returncode == (4 if level == "missing" else 0)


def test_a_program_that_may_hide_drops_from_perf_is_named_with_its_process() -> None:
    """This one hides nothing, for other tests' sake: what a program returns nobody can ask for."""
    os.environ["BCC_KERNEL_SOURCE"] = str(PROGRAMS / "include")
    assert not any("through perf" in finding.what and f"process {os.getpid()}" in finding.what for finding in check())
    program = import_bcc().BPF(text=b"int one(void *context) { return 1; }", cflags=["-Wno-everything"])
    try:
        program.attach_tracepoint(tp=b"skb:kfree_skb", fn_name=b"one")
        (found,) = (finding for finding in check() if f"process {os.getpid()}" in finding.what)
    finally:
        program.cleanup()
    assert found.level == "warning"
    assert "while it returns 0" in found.what
