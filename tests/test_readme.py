"""README can be read in five minutes, and each number in it is that of a committed file."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from statistics import median

import pytest

from harness.commands import run
from results.explain.effect import experiment
from results.explain.plan import ExplainPlan
from results.file import read
from results.metrics import AGE_P99, CPU_PER_EVENT, NS_PER_EVENT, PROGRAM_PER_EVENT, Metric
from results.reports.explain import say_effect
from results.scorecard.report import load

CHECKOUT = Path(__file__).resolve().parents[1]
README = (CHECKOUT / "README.md").read_text()
RESULTS = CHECKOUT / "docs/results"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def plain(text: str) -> str:
    return " ".join(text.split())


def section(title: str) -> str:
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


FOUND = plain(section("Three things it found"))


def of_readers() -> list[str]:
    """Say the numbers of the first finding as its file has them, in README's words."""
    (batch, callback) = sorted(load([RESULTS / "metrics.jsonl"]).rows, key=lambda row: row.setting.reader or "")

    def said(row_metric: Metric) -> tuple[str, str]:
        spreads = [row.spread(row_metric) for row in (batch, callback)]
        ours, theirs = (row_metric.write(spread.median) for spread in spreads if spread)
        return ours, theirs

    cpu = [spread.median for row in (batch, callback) if (spread := row.spread(CPU_PER_EVENT))]
    (cpu_batch, cpu_callback), (drain_batch, drain_callback) = said(CPU_PER_EVENT), said(NS_PER_EVENT)
    age_batch, age_callback = said(AGE_P99)
    assert batch.setting.intended_load == 50_000
    return [
        f"costs {cpu[1] / cpu[0]:.2g} times the CPU time of batches",
        "At 50,000 drops per second",
        f"the callback takes {cpu_callback} per event and the batch {cpu_batch}",
        f"to empty a ring that is already full, {drain_callback} and {drain_batch}",
        f"of 100 events, 99 were handled within {age_callback} by callbacks, and within {age_batch} in batches",
    ]


def of_the_experiment() -> list[str]:
    """Say the numbers of the other two."""
    held = read(RESULTS / "explain.jsonl")
    made = experiment(ExplainPlan.from_json(held.sessions[-1].plan), held.trials)
    times = {
        name: PROGRAM_PER_EVENT.write(median(value for trial in looks if (value := PROGRAM_PER_EVENT.value(trial))))
        for name, looks in made.looks.items()
    }

    def ratio(variant: str, against: str) -> str:
        return say_effect(made.effect(variant, against)).removeprefix("×")

    assert made.plan.variants["null, notified rarely"].wakeup == str(64 << 10)
    return [
        f"the BPF program takes {times['null']} per event",
        f"once in 64 KiB of events, and the program takes {times['null, notified rarely']}",
        f"the sender is {ratio('null, notified rarely', 'null')} times as fast",
        f"reads {ratio('file', 'null')} times as many as one that only counts",
        f"takes {ratio('null, drain', 'file, drain')} times as long",
    ]


SAID = [*of_readers(), *of_the_experiment()]


@pytest.mark.parametrize("words", SAID)
def test_each_finding_is_its_files(words: str) -> None:
    """Number for number, in these words."""
    assert words in FOUND


def test_no_number_of_the_findings_stands_unproved() -> None:
    """What is left without the words above is the machine, which all its files name, and the list's own numbers."""
    rest = re.sub(r"\]\([^)]*\)|`[^`]*`", "", FOUND)
    for words in SAID:
        rest = rest.replace(re.sub(r"`[^`]*`", "", words), "")
    assert re.findall(r"\d[\d.,]*", rest) == ["6.18", "1.", "2.", "3."]
    hosts = [read(RESULTS / name).sessions[-1].host for name in ("metrics.jsonl", "explain.jsonl")]
    assert {str(host["kernel"])[:4] for host in hosts} == {"6.18"}
    assert {host["cpus"] for host in hosts} == {2}


def test_the_first_two_commands_are_the_two() -> None:
    """They are the first blocks of code that a reader meets, and need no other before them."""
    assert BLOCKS[:2] == [("sh", "./bench run --mode file\n"), ("sh", "./test\n")]


def test_what_the_first_command_prints_was_printed() -> None:
    """Line by line, one after the other, on a fresh Debian."""
    (shown,) = (text for kind, text in BLOCKS if kind == "text")
    assert shown in (RESULTS / "debian-bookworm.txt").read_text()


def test_what_the_first_command_does_is_its_defaults() -> None:
    """How many drops, for how long, and how often; and how many consumers the picture has."""
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    asked = parser.parse_args(["--mode", "file"])
    assert (asked.rate, asked.duration, asked.trials) == (100_000, 5, 3)
    assert "offers 100,000 drops per second for five seconds, three times" in plain(README)
    assert len(load([RESULTS / "all-modes.jsonl"]).variants) == 8
    assert "a run of eight consumers" in README


def test_what_is_needed_is_what_the_set_up_needs() -> None:
    """The versions are those of harness/setup.sh and docs/limits.md."""
    needed = section("What you need")
    limits, setup = (CHECKOUT / "docs/limits.md").read_text(), (CHECKOUT / "harness/setup.sh").read_text()
    for version in re.findall(r"\b\d\.\d+\b", needed.partition("Python |")[0]):
        assert re.search(rf"\b{re.escape(version)}\b", limits), version
    (python,) = re.findall(r"\| Python \| (\d\.\d+) or later", needed)
    assert (
        f"Python {python} or later is needed as $system_python: Debian 12, Ubuntu 24.04, Fedora 37, or later" in setup
    )
    assert "Debian 12 or 13" in needed
    assert "Ubuntu 24.04 and Fedora 37 or later" in needed


def test_it_is_short() -> None:
    """Five minutes."""
    assert len(README.splitlines()) < 120
