"""How a run ends: with the question that its answer leaves open, as a command."""

from __future__ import annotations

from typing import Any

import pytest

from results.foreign import Foreign
from results.reports.next_step import last_lines
from results.trial import Trial
from tests.results.made_up import drain, trial

AFTER = "capacity --mode file --quick"


def ended(*trials: Trial, launcher: str = "bench") -> tuple[str, str]:
    so, then = ("".join(line) for line in last_lines(trials, launcher))
    return so.removeprefix("so:   "), then


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, AFTER),
        ({"mode": "my own/mode.py"}, "capacity --mode 'my own/mode.py' --quick"),
        ({"reader": "compiled"}, "capacity --mode file --reader compiled --quick"),
        ({"channel": "log"}, "capacity --mode file --channel log --quick"),
        ({"program": "p.bpf.c"}, "capacity --mode file --program p.bpf.c --quick"),
        ({"traffic": "full-qdisc"}, "capacity --mode file --traffic full-qdisc --quick"),
        ({"mode": "aggregate", "channel": "map"}, "capacity --mode aggregate --quick"),
        ({"lost": 9}, AFTER),
        ({"lost": 9, "reader": "callback"}, "run --mode file --reader both --rate 100000"),
        ({"lost": 9, "reader": "callback", "intended_load": None}, "run --mode file --reader both --rate max"),
        ({"invalid_because": ("it rained",)}, "doctor"),
        ({"limited_by": "generator"}, "doctor"),
        ({"lost": 9, "disturbed_because": ("noise",)}, "doctor"),
        ({"mode": "exec:cat", "foreign": Foreign(count="x")}, "report @-1 --html report.html"),
    ],
)
def test_what_to_type_next(changes: dict[str, Any], command: str) -> None:
    """One consumer: which load it takes; what lost by callback may keep up in batches; what was not measured can be."""
    _, then = ended(trial(**changes), launcher="./bench")
    assert then.startswith(f"next: ./bench {command}   ")


def test_several_consumers_are_looked_at_as_a_page() -> None:
    """Or several loads."""
    assert "report @-1 --html" in ended(trial("file"), trial("null", 2))[1]
    assert "report @-1 --html" in ended(trial("file"), trial("file", 2, intended_load=5.0))[1]
    assert AFTER in ended(trial("file"), trial("file", 2), drain("file", 3))[1]


def test_what_was_only_drained_can_be_put_under_a_load() -> None:
    """Its records were synthetic; those of a load are not."""
    assert ended(drain("file"))[1].startswith("next: bench run --mode file   ")


@pytest.mark.parametrize(
    ("trials", "so"),
    [
        ([trial()], "file keeps up with 100k drops/s on this machine"),
        ([trial(lost=1)], "file does not keep up with 100k drops/s on this machine"),
        ([trial(), trial("null", 2)], "all 2 keep up with 100k drops/s on this machine"),
        ([trial(lost=1), trial("null", 2)], "1 of 2 keep up with 100k drops/s on this machine"),
        ([trial(lost=1), trial("null", 2, lost=1)], "none keep up with 100k drops/s on this machine"),
        ([trial(), trial("file", 2, intended_load=5.0)], "all 2 keep up with the loads offered on this machine"),
        ([trial(intended_load=None)], "with an unpaced sender the rate is that of sender and consumer together, and"),
        ([trial(ledger=trial(intended_load=50_000.0).ledger)], "fewer drops were offered"),
        ([trial(limited_by="generator")], "fewer drops were offered than asked for"),
        ([trial(), trial("null", 2, invalid_because=("it rained",))], "nothing yet: a trial was invalid"),
        ([drain()], "drain says how fast it could be; no load was offered"),
        ([trial(shape="burst")], "file keeps up with 100k drops/s (--shape burst) on this machine"),
        (
            [trial(lost=1, stall_s=0.2)],
            "file does not keep up with 100k drops/s when stopped for 200 ms on this machine",
        ),
        ([trial(lost=1, disturbed_because=("noise",))], "drops were lost while other work took the CPUs: nothing"),
        ([trial(disturbed_because=("noise",))], "file keeps up with 100k drops/s on this machine; times marked ~ are"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_to_conclude(trials: list[Trial], so: str) -> None:
    """No more than was seen, and of this machine alone."""
    assert ended(*trials)[0].startswith(so)
