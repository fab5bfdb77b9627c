"""What the kernel may refuse: each refusal ends in one line that names the step, with status 4 or an invalid trial."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.kernel.bench import CHECKOUT, OWN_MOUNTS
from tests.kernel.harness.refuse import wrapper
from tests.kernel.harness.watched import QUIET_RUN, Watched

ONE_TRIAL = (*QUIET_RUN, "--mode", "null", "--rate", "5000", "--duration", "0.3", "--trials", "1", "--json")
BPF_MAP_CREATE, BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN, BPF_MAP_GET_FD_BY_ID = 0, 5, 17, 14  # enum bpf_cmd
AF_NETLINK, AF_PACKET = 16, 17


@pytest.mark.parametrize(
    ("call", "error", "status", "says"),
    [
        pytest.param(
            f"bpf:{BPF_MAP_CREATE}",
            "ENOMEM",
            4,
            "cannot compile and load",
            id="no memory for a map",
            marks=pytest.mark.slow,
        ),
        pytest.param(f"bpf:{BPF_PROG_LOAD}", "EACCES", 4, "cannot compile and load", id="verifier rejects"),
        pytest.param(f"bpf:{BPF_RAW_TRACEPOINT_OPEN}", "ENOENT", 4, "kfree_skb", id="tracepoint absent"),
        pytest.param(
            "unshare",
            "ENOSPC",
            4,
            "network namespace could not be made",
            id="no namespace to be had",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            f"socket:{AF_NETLINK}", "EPERM", 4, "Operation not permitted", id="netlink refused", marks=pytest.mark.slow
        ),
        pytest.param(
            f"socket:{AF_PACKET}", "EPERM", 4, "packet socket", id="packet socket refused", marks=pytest.mark.slow
        ),
        pytest.param("setns", "EPERM", 4, "entering a network namespace", id="namespace refused to the generator"),
    ],
)
def test_what_the_kernel_refuses_is_named(tmp_path: Path, call: str, error: str, status: int, says: str) -> None:
    """Injects an error of one system call, for bench and all its workers."""
    with Watched(*ONE_TRIAL, "--out", tmp_path / "out", wrapper=wrapper(call, error)) as bench:
        assert bench.finish() == status, bench.stderr
        assert bench.left_behind() == []
    assert says in bench.stderr
    assert ("results: " in bench.stderr) == (tmp_path / "out").exists()
    assert "Traceback" not in bench.stderr


def test_a_network_that_goes_down_makes_the_trial_invalid(tmp_path: Path) -> None:
    """Injects ENETDOWN for each send."""
    with Watched(*ONE_TRIAL, "--out", tmp_path / "out", wrapper=wrapper("sendmmsg", "ENETDOWN")) as bench:
        assert bench.finish() == 5
        assert bench.left_behind() == []
    (row,) = (json.loads(line) for line in bench.stdout.splitlines())
    assert "the generator failed: " in row["invalid_because"][0]
    assert "Network is down" in row["invalid_because"][0]


def test_a_trial_that_sent_nothing_is_invalid(tmp_path: Path) -> None:
    """Injects EINTR for each send: the sender tries again until its time is over."""
    with Watched(*ONE_TRIAL, "--out", tmp_path / "out", wrapper=wrapper("sendmmsg", "EINTR")) as bench:
        assert bench.finish() == 5
        assert bench.left_behind() == []
    (row,) = (json.loads(line) for line in bench.stdout.splitlines())
    assert (row["sent"], row["valid"]) == (0, False)
    assert "frames that were due was sent" in row["invalid_because"][0]


def test_a_disk_that_fails_at_the_end_is_told(tmp_path: Path) -> None:
    """Injects EIO for fsync: a result that may not be on the disk is no success."""
    with Watched(*ONE_TRIAL, "--out", tmp_path / "out", wrapper=wrapper("fsync", "EIO")) as bench:
        assert bench.finish() == 4
        assert bench.left_behind() == []
    assert "Input/output error" in bench.stderr


@pytest.mark.own_mounts
@pytest.mark.parametrize(
    ("aside", "says"),
    [
        pytest.param("mount -t tmpfs none /sys/kernel/btf", "does not describe its types", id="no BTF"),
        pytest.param(
            f"mount --bind {{bad}} '{CHECKOUT}/bpf/programs/drops.c'", "cannot compile and load", id="broken program"
        ),
    ],
)
def test_what_this_kernel_lacks_is_named(tmp_path: Path, aside: str, says: str) -> None:
    """Injects a machine without the thing, in a mount namespace of the test's own."""
    bad = tmp_path / "bad.c"
    bad.write_text("int on_drop(void *ctx) { this is no C }\n")
    script = f'{aside.format(bad=bad)} && exec "$@"'
    with Watched(*ONE_TRIAL, "--out", tmp_path / "out", wrapper=(*OWN_MOUNTS, "sh", "-c", script, "sh")) as bench:
        assert bench.finish() == 4
        assert bench.left_behind() == []
    assert says in bench.stderr
    assert "Traceback" not in bench.stderr


def test_a_refusal_is_really_injected() -> None:
    """The wrapper fails the call that it names, and no other."""
    code = "import os; os.stat('/'); os.fsync(1)"
    with Watched("--version", wrapper=(*wrapper("fsync", "EIO"), sys.executable, "-c", code, "#")) as injected:
        assert injected.finish() == 1
    assert "OSError: [Errno 5]" in injected.stderr
