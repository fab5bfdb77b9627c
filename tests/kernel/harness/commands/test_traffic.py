"""`bench traffic` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bpf.btf import KernelTypes
from tests.kernel.bench import bench_here
from traffic.discovery import kind_names


def bench_traffic(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "traffic", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_verify_prints_expected_and_observed_reason_counts_and_witness() -> None:
    done = bench_traffic("--verify", "udp-closed-port", "--sender", "packet", "--count", "300")
    assert done.returncode == 0
    row = next(line for line in done.stdout.splitlines() if line.startswith("udp-closed-port"))
    expected = "udp-closed-port packet NO_SOCKET NO_SOCKET 300 0 300 Udp.NoPorts 300 ok"
    assert " ".join(row.split()) == expected
    assert "1 of 1 runs are as their contract states" in done.stdout


def test_verify_in_json_has_a_line_for_each_kind_and_sender() -> None:
    done = bench_traffic("--verify", "udp-closed-port", "full-qdisc", "--count", "300", "--json")
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    runs = [("udp-closed-port", "packet"), ("udp-closed-port", "xdp"), ("full-qdisc", "packet")]
    assert [(row["kind"], row["sender"]) for row in rows] == runs
    assert all(row["conforms"] and row["sent"] == row["counted"] == 300 for row in rows)
    assert sum(rows[2]["expected"].values()) == 300
    assert rows[0]["witness"] == {"Udp.NoPorts": 300}


def test_the_list_in_json_says_of_each_kind_whether_it_is_supported() -> None:
    done = bench_traffic("--json")
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["kind"] for row in rows] == kind_names()
    with KernelTypes() as types:  # an older kernel lacks some reasons
        named = types.enum_values("skb_drop_reason")
    known = {name.removeprefix("SKB_DROP_REASON_").removeprefix("SKB_") for name in named}
    assert "NO_SOCKET" in known
    assert all(row["supported"] is (known >= set(row["reasons"])) and row["set_up_tried"] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["udp-closed-prt"], "did you mean udp-closed-port?"),
        (["--verify", "--count", "0"], "--count is 1 or more"),
        (["--count", "5"], "--count and --sender are only for --verify"),
        (["--verify", "full-qdisc", "--sender", "xdp"], "cannot be sent by xdp"),
        (["--verify", "--sender", "smoke"], "no sender 'smoke'"),
        (["--verify", "synthetic"], "synthetic load sends no packets"),
        (["--speed", "--rounds", "0"], "--rounds is 1 or more"),
        (["--speed", "netfilter", "udp-closed-port"], "--speed is about one kind"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(arguments: list[str], message: str) -> None:
    done = bench_here("traffic", *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr
    assert done.stdout == ""


def test_speed_compares_each_sender_with_the_bare_loop() -> None:
    done = bench_traffic("--speed", "unknown-ethertype", "--rounds", "1", "--json")
    assert done.returncode == 0
    rows = {row["sender"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(rows) == {"C loop", "packet", "xdp"}
    assert rows["C loop"]["to_bare_loop"] == 1
    assert all(row["wrong"] == [] and row["frames_per_cpu_s"] > 0 for row in rows.values())
