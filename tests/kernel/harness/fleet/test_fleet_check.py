"""A check on two hosts: planned, run shard by shard, merged, and judged together from the one file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.fleet.environment import packages
from results.fleet.file import read_fleet
from tests.kernel.bench import PATIENCE, bench_here, surroundings
from tests.kernel.harness.fleet.lab import clean_checkout
from tests.kernel.harness.fleet.test_shards import QUIET, Place, place  # noqa: F401 - the fixture

# By callbacks each event takes many times as long, whatever else the machine does.
ARMS = ("--a", "mode=null,reader=batch", "--b", "mode=null,reader=callback")
SMALL = ("--metrics", "drain_cpu_ns_per_event", "--drain", "2000", *QUIET)


@pytest.mark.slow
def test_hosts_are_judged_together_by_blocks_of_which_none_alone_would_say_anything(
    place: Place,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    """Three blocks on each of two hosts find a slower reader; with one host lost nothing is found, and why is said."""
    folder, out = tmp_path / "plan", tmp_path / "fleet.jsonl"
    planned = place.bench("fleet", "plan-check", *ARMS, *SMALL, "--blocks", "3", "--hosts", "a,b", "--out", folder)
    assert planned.returncode == 0, planned.stderr
    own = {host: tmp_path / f"{host}.jsonl" for host in "ab"}
    for number, host in enumerate("ab", start=1):
        ran = place.bench("fleet", "shard", folder / f"{number}.json", "--host", host, "--out", own[host], "--quiet")
        assert ran.returncode == 0, ran.stderr
    assert place.bench("fleet", "merge", folder, own["a"], own["b"], "--out", out).returncode == 0
    assert [len(each.session.trials) for each in read_fleet(out).hosts if each.session] == [6, 6]
    judged = place.bench("verify", out, "--json")
    assert judged.returncode == 1, judged.stderr
    (verdict,) = json.loads(judged.stdout)["judgements"]
    assert (verdict["verdict"], verdict["p_regressed"], verdict["blocks"]) == ("REGRESSED", 0.5**6, 6)
    assert [each["host"] for each in verdict["hosts"]] == ["a", "b"]
    reported = place.bench("report", out, "--markdown")
    assert reported.returncode == 0
    assert "**REGRESSED**" in reported.stdout
    lost = tmp_path / "lost.jsonl"
    assert place.bench("fleet", "merge", folder, own["a"], "--out", lost).returncode == 5
    doubtful = place.bench("verify", lost)
    assert doubtful.returncode == 3
    assert "lost: b: none of the files holds a whole session of it" in doubtful.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--blocks", "2", "--hosts", "a,b"], "--blocks 3 or more"),
        (["--blocks", "4", "--hosts", "a,b", "--scope", "host"], "--blocks 6 or more"),
        (["--blocks", "4", "--classes", "x:2,y:1"], "--blocks 6 or more"),
        (["--blocks", "10,20", "--hosts", "a"], "there is one look"),
        (["--budget", "60s", "--hosts", "a"], "there is one look"),
    ],
    ids=str,
)
def test_a_plan_that_cannot_fail_is_not_written(tmp_path: Path, words: list[str], says: str) -> None:
    """It is refused with the fewest blocks that could, and no shard is written."""
    folder = tmp_path / "plan"
    refused = bench_here("fleet", "plan-check", *ARMS, *SMALL, *words, "--out", folder)
    assert refused.returncode == 2
    assert says in refused.stderr
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.may_skip("Dask is an extra, which ./test --all installs")
@pytest.mark.skipif(not packages().is_dir(), reason="a fleet's engine, Dask, is not installed")
def test_check_has_the_plan_carried_out_and_goes_on_where_a_host_was_lost(tmp_path: Path) -> None:
    """This machine is one host, then the other: with one of them nothing is decided, with both it is."""
    checkout, folder, out = tmp_path / "check out", tmp_path / "plan", tmp_path / "fleet.jsonl"
    checkout.mkdir()
    clean_checkout(checkout)
    environment = {**surroundings(), "PYTHONDONTWRITEBYTECODE": "", "HOME": str(tmp_path)}

    def bench(*words: object) -> subprocess.CompletedProcess[str]:
        typed = [checkout / "bench", *map(str, words)]
        return subprocess.run(
            typed, env=environment, capture_output=True, text=True, timeout=300 * PATIENCE, check=False
        )

    planned = bench("fleet", "plan-check", *ARMS, *SMALL, "--blocks", "3", "--hosts", "a,b", "--out", folder)
    assert planned.returncode == 0, planned.stderr
    check = ("check", "--fleet", folder, "--folder", tmp_path / "of-hosts", "--quiet", "--out", out)
    first = bench(*check, "--host", "a")
    assert first.returncode == 3, first.stdout + first.stderr
    assert "lost: b: no host b came" in first.stdout
    both = bench(*check, "--host", "b", "--resume", "--json")
    assert both.returncode == 1, both.stdout + both.stderr
    (judged,) = json.loads(both.stdout)["judgements"]
    assert (judged["p_regressed"], judged["hosts"][0]["blocks"], judged["hosts"][1]["blocks"]) == (0.5**6, 3, 3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--fleet", "plan", "--alpha", "0.1", "--mode", "null"],
            "--alpha and --mode: with --fleet, its plan has all settings",
        ),
        (["--fleet", "plan", "--no-why"], "--no-why: with --fleet"),
        (["--fleet", "plan", "--resume"], "--resume needs --out"),
        (
            ["--mode", "null", "--against", "main", "--on", "local"],
            "--on: only for a fleet, and --fleet PLAN is not given",
        ),
        (["--fleet", "nowhere"], "nowhere is no folder of a fleet's plan"),
    ],
    ids=str,
)
def test_what_is_in_the_plan_is_not_said_again(words: list[str], says: str) -> None:
    """Nobody chooses alpha, or what is compared, once the plan is made; and what only a fleet heeds needs one."""
    refused = bench_here("check", *words)
    assert refused.returncode == 2
    assert says in refused.stderr
