"""Mode `objects` on real drops: channels and readers balance, and the collector's settings do what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bpf.channel import record_channels
from tests.kernel.bench import bench_here, trials

SHORT = ("--pass", "timed", "--trials", "1", "--quiet")


def run(out: Path, *words: object) -> list[dict[str, Any]]:
    ended = bench_here("run", "--mode", "objects", *SHORT, *words, "--json", "--out", out)
    assert ended.returncode == 0, ended.stderr
    rows = trials(ended.stdout)
    for row in rows:
        assert row["valid"], row["invalid_because"]
        assert row["consumed"] == row["submitted"] - (row["overwritten"] or 0)
    return rows


@pytest.mark.slow
def test_every_object_balances_with_both_readers(tmp_path: Path) -> None:
    """Three kinds of objects, in a window that is full at once."""
    words = ("--reader", "both", "--object", "all", "--window", "200", "--rate", "5000", "--duration", "0.1")
    rows = run(tmp_path / "out", *words)
    assert {(row["reader"], row["object_kind"]) for row in rows} == {
        (reader, kind) for reader in ("batch", "callback") for kind in ("dataclass", "tuple", "dict")
    }
    assert {row["window_events"] for row in rows} == {200}


@pytest.mark.slow
def test_every_channel_balances(tmp_path: Path) -> None:
    """Each channel of records that there is, by both readers."""
    words = ("--reader", "both", "--wait", "paced", "--window", "200", "--rate", "5000", "--duration", "0.1")
    rows = run(tmp_path / "out", *words, "--channel", "all")
    assert {(row["channel"], row["reader"]) for row in rows} == {
        (channel, reader) for channel in record_channels() for reader in ("batch", "callback")
    }


def test_the_collector_is_compared_in_one_run(tmp_path: Path) -> None:
    """On it runs, lets objects grow old and pauses; off it does not; frozen it leaves alone what was there before.

    The file, the labels, the export and a resumed session all tell the three apart.
    """
    out = tmp_path / "out"
    words = ("--gc", "on,off,freeze", "--reader", "callback", "--drain", "100000", "--window", "60000", "--seed", "1")
    by = {row["gc"]: row["metrics"] for row in run(out, *words)}
    assert by.keys() == {"on", "off", "freeze"}
    for setting in ("on", "freeze"):
        assert by[setting]["gc_runs_gen0"] > 20
        assert by[setting]["gc_promoted"] > 30_000
        assert 0 < by[setting]["gc_pause_max_s"] <= by[setting]["gc_pause_total_s"]
        assert by[setting]["gc_cpu_s"] > 0
    assert [by["off"][f"gc_runs_gen{number}"] for number in range(3)] == [0, 0, 0]
    assert by["off"]["gc_pause_total_s"] == 0
    assert by["off"]["blocks_retained_per_event"] > 0.5
    said = bench_here("report", out).stdout
    assert all(f"gc {setting}" in said for setting in ("on", "off", "freeze"))
    exported = bench_here("export", out, "--csv", "-").stdout
    assert {"gc", "object_kind", "window_events"} <= set(exported.splitlines()[0].split(","))
    again = bench_here("run", "--mode", "objects", *SHORT, *words, "--json", "--out", out, "--resume")
    assert (again.returncode, again.stdout) == (0, ""), "nothing is left to do"


def test_tuples_of_numbers_do_not_grow_old(tmp_path: Path) -> None:
    """The collector stops following a tuple that holds nothing to follow: the same window costs it nothing later."""
    rows = run(tmp_path / "out", "--object", "dataclass,tuple", "--reader", "callback", "--drain", "100000")
    promoted = {row["object_kind"]: row["metrics"]["gc_promoted"] for row in rows}
    assert promoted["dataclass"] > 50_000
    assert promoted["tuple"] < promoted["dataclass"] / 10


PAUSING = """import gc
from modes import Mode
class Pausing(Mode):
    def __init__(self, kit):
        super().__init__(kit)
        self.held = [[] for _ in range(500_000)]
    def on_record(self, ctx, data, size):
        self.consumed += 1
        if self.consumed % 10_000 == 5_000 and gc.isenabled():
            gc.collect()
        return self.halt
"""


@pytest.mark.slow
def test_losses_are_set_beside_the_collectors_pauses(tmp_path: Path) -> None:
    """Pauses of tens of milliseconds behind a ring of six: what is lost in them is counted, listed and drawn."""
    (tmp_path / "pausing.py").write_text(PAUSING)
    out = tmp_path / "out"
    ended = bench_here(
        "run", "--mode", tmp_path / "pausing.py", *SHORT, "--rate", "20000", "--duration", "2", "--ring-size", "4K",
        "--gc", "on,off", "--json", "--out", out,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    by = {row["gc"]: row for row in trials(ended.stdout)}
    on, off = by["on"], by["off"]
    assert on["metrics"]["gc_pauses_long"] >= 1
    assert off["metrics"]["gc_pauses_long"] == off["metrics"]["loss_in_gc"] == off["metrics"]["offered_in_gc"] == 0
    for row in (on, off):
        numbers = row["metrics"]
        assert 0 <= numbers["loss_inside_gc"] <= numbers["loss_in_gc"] <= row["lost"]
        assert numbers["loss_bouts_in_gc"] <= numbers["loss_bouts"]
        assert sum(lost for _, _, lost in row["series"].get("losses", [])) == row["reserve_failed"]
    assert on["metrics"]["loss_in_gc"] / on["lost"] > on["metrics"]["offered_in_gc"] / on["observed"]
    said = " ".join(bench_here("report", out).stdout.split())
    assert "lie in pauses of the collector" in said
    assert "collector paused" in said
    page = tmp_path / "page.html"
    assert bench_here("report", out, "--html", page).returncode == 0
    assert "grey: pauses of the garbage collector" in page.read_text()


@pytest.mark.slow
def test_a_check_compares_two_collectors(tmp_path: Path) -> None:
    """As settings of its arms; several at once are refused, and so is what there is not."""
    words = ("check", "--mode", "objects", "--quiet", "--out", tmp_path / "out")
    ended = bench_here(
        *words, "--a", "gc=off,object=tuple", "--b", "gc=on,object=dict,window=900", "--metrics", "ns_per_event",
        "--alpha", "0.3", "--blocks", "2", "--drain", "4000", "--no-why",
    )  # fmt: skip
    assert ended.returncode in (0, 1, 3), ended.stderr
    row = json.loads((tmp_path / "out").read_text().splitlines()[1])
    assert (row["gc"], row["object_kind"], row["window_events"]) in [("off", "tuple", 100_000), ("on", "dict", 900)]
    ended = bench_here(*words, "--against", "null", "--gc", "on,off")
    assert (ended.returncode, "name one here" in ended.stderr) == (2, True)
    ended = bench_here(*words, "--a", "gc=off", "--b", "gc=never")
    assert (ended.returncode, "--gc takes on, off, freeze" in ended.stderr) == (2, True)
