"""Quotas of CPU time, in trees of control groups of ours: both versions, the own group and those above it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.doctor.cpus import judge_quotas
from harness.machine.quota import Quota, quotas, throttled_s
from harness.probes.machine import ThrottlingProbe

# lines of /proc/self/cgroup; the root and the kind of each mount; files below the mount; the quotas; seconds held back
V1 = {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000", "cpu.stat": "nr_periods 9\nnr_throttled 2\n"
      "throttled_time 1500000000"}  # fmt: skip
V2 = {"cpu.max": "max 100000", "cpu.stat": "usage_usec 5\nnr_periods 9\nnr_throttled 2\nthrottled_usec 2500000"}
ROOT = {"cpu.stat": "usage_usec 5"}
TREES = {
    "version-1": (
        "4:cpu,cpuacct:/a/b\n1:name=systemd:/x\n0::/", "/ cgroup rw,cpu,cpuacct",
        {"": V1, "a": V1 | {"cpu.cfs_quota_us": "150000"}, "a/b": V1 | {"cpu.cfs_quota_us": "30000"}, "x": {}},
        [("a/b", 0.3), ("a", 1.5)], {"": 1.5, "a": 1.5, "a/b": 1.5},
    ),
    "of-a-parent": (
        "0::/user.slice/s.scope", "/ cgroup2 rw",
        {"": ROOT, "user.slice": V2 | {"cpu.max": "50000 100000"}, "user.slice/s.scope": V2},
        [("user.slice", 0.5)], {"user.slice": 2.5, "user.slice/s.scope": 2.5},
    ),
    "own-namespace": ("0::/", "/ cgroup2 rw,nsdelegate", {"": V2 | {"cpu.max": "25000 50000"}}, [("", 0.5)], {"": 2.5}),
    "bind-mounted": ("3:cpu:/docker/c", "/docker/c cgroup rw,cpu", {"": V1 | {"cpu.cfs_quota_us": "1000"}},
                     [("", 0.01)], {"": 1.5}),
    "of-another": ("3:cpu:/\n0::/", "/ cgroup rw,cpu", {"": V1, "a": V1 | {"cpu.cfs_quota_us": "1000"}}, [], {"": 1.5}),
    "without-the-controller": ("0::/a", "/ cgroup2 rw", {"": ROOT, "a": ROOT}, [], {}),
    "another-controller": ("3:cpuset:/\n0::/", "/ cgroup rw,cpuset", {"": V1}, [], {}),
    "no-groups": ("", "/ tmpfs rw", {}, [], {}),
}  # fmt: skip


def make(folder: Path, tree: str) -> Path:
    """Make a /proc/self whose groups are those of a tree; return it."""
    own, mount, files, *_ = TREES[tree]
    root, kind, options = mount.split()
    for group, texts in files.items():
        (folder / "groups" / group).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / "groups" / group / name).write_text(text + "\n")
    (folder / "cgroup").write_text(own + "\n" if own else "")
    mounted = f"32 31 0:29 {root} {folder}/groups rw,relatime shared:9 - {kind} x {options}"
    (folder / "mountinfo").write_text(f"31 23 0:28 / /sys rw - sysfs sysfs rw\n{mounted}\n")
    return folder


@pytest.mark.parametrize("tree", TREES)
def test_quotas_and_what_they_held_back_are_found(tmp_path: Path, tree: str) -> None:
    """Of the own group and of those above it, the tightest first; what the kernel does not count is not there."""
    proc = make(tmp_path, tree)
    *_, expected, held = TREES[tree]
    groups = tmp_path / "groups"
    assert [(quota.group, quota.cpus) for quota in quotas(proc)] == [(groups / name, cpus) for name, cpus in expected]
    assert throttled_s(proc) == {groups / name: seconds for name, seconds in held.items()}


def test_a_mount_of_any_name_is_passed_over(tmp_path: Path) -> None:
    """A stick's label may be no UTF-8, and hold what Python takes for a blank or for the end of a line."""
    proc = make(tmp_path, "of-a-parent")
    expected = quotas(proc)
    others = b"".join(b"33 31 0:30 / /media/" + name + b" rw - vfat x rw\n" for name in (b"\xe9", b"\x0b", b"\xc2\x85"))
    (proc / "mountinfo").write_bytes(others + (proc / "mountinfo").read_bytes())
    assert quotas(proc) == expected != []


def test_the_longest_wait_of_a_chain_is_the_trials(tmp_path: Path) -> None:
    """A parent that is held back holds back its children: their times are not added."""
    proc = make(tmp_path, "version-1")
    probe = ThrottlingProbe(proc)
    before = time.monotonic()
    probe.start()
    begun = time.monotonic()
    for group, seconds in (("a", 101.5), ("a/b", 51.5)):
        (tmp_path / "groups" / group / "cpu.stat").write_text(f"throttled_time {int(seconds * 1e9)}\n")
    time.sleep(0.01)
    ended = time.monotonic()
    ratio = probe.stop(1).metrics["throttled_ratio"]
    assert 100 / (time.monotonic() - before) <= ratio <= 100 / (ended - begun)


def test_what_nobody_counts_is_absent(tmp_path: Path) -> None:
    """No 0: there may be a quota that cannot be seen from here."""
    probe = ThrottlingProbe(make(tmp_path, "without-the-controller"))
    probe.start()
    found = probe.stop(1)
    assert (found.metrics, list(found.absent)) == ({}, ["throttled_ratio"])


@pytest.mark.parametrize(("quota_us", "warned"), [(150_000, True), (200_000, False), (400_000, False)])
def test_doctor_warns_of_a_quota_that_two_cpus_can_use_up(tmp_path: Path, quota_us: int, warned: bool) -> None:
    """With the group whose quota it is, and how often it was used up so far."""
    (tmp_path / "cpu.stat").write_text(V2["cpu.stat"])
    found = list(judge_quotas([Quota(tmp_path, quota_us, 100_000), Quota(tmp_path, 10**9, 100_000)], cpus=2))
    assert [finding.level for finding in found] == ["warning"] * warned
    assert all(f"({tmp_path})" in finding.what and "2 of 9" in finding.what for finding in found)
