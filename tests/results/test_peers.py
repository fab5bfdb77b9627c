"""The plan of peers: who takes part, in which order, and that it can be read back and replayed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from results.disturbance import STOLEN
from results.errors import BadInput
from results.file import read
from results.peers import DRAINS, LIVE, PARTS, PROGRAMS, PeersPlan, is_c, label, part_of, reference_of
from results.plan import Step, replay
from results.reports.document import Table
from results.reports.peers import peers_document
from results.trial import Trial
from tests.results import made_up

OLD = Path(__file__).parent / "peers-of-0.1.0.jsonl"
PLAN = PeersPlan(
    parts=("live", "drain", "program"),
    trials=7,
    records=2_000_000,
    drain_ring_bytes=1 << 26,
    duration_s=2.0,
    traffic="udp-closed-port",
    sender="packet",
    channel_bytes={"perf": 1 << 28},
    compiled=True,
)


@pytest.mark.parametrize("part", PARTS)
def test_each_label_names_one_setting(part: str) -> None:
    """A trial is found by its setting alone, whatever file it stands in."""
    settings = PLAN.settings(part)
    assert [label(setting) for setting in settings] == list(PARTS[part])
    assert {part_of(setting) for setting in settings} == {part}


def test_what_is_held_to_something_is_held_to_a_row_of_its_table() -> None:
    """And no label is in two tables."""
    assert len({*DRAINS, *PROGRAMS, *LIVE}) == len(DRAINS) + len(PROGRAMS) + len(LIVE)
    for rows in PARTS.values():
        assert {held for held in rows.values() if held is not None} <= rows.keys()


def test_the_settings_are_those_of_earlier_files() -> None:
    """A result of today stands beside one of before, but for the sender, which is recorded now."""
    sender = {part: None if part == "drain" else "packet" for part in PARTS}
    of_old = replace(PLAN, channel_bytes={}, compiled=False)
    made = {label(setting): setting for part in PARTS for setting in of_old.settings(part)}
    old = {label(trial.setting): trial.setting for trial in read(OLD).trials}
    assert made.keys() == old.keys()
    for name, setting in old.items():
        # The first files had no word for a tool's own buffer.
        assert made[name] == replace(setting, sender=sender[part_of(setting)], channel=made[name].channel)


def test_who_is_who() -> None:
    """C is told by the setting, and tools of others, which have no ring of ours."""
    live = PLAN.settings("live")
    assert {setting.mode for setting in live if setting.ring_size_bytes is None} == {
        "bpftrace-count",
        "bpftrace-printf",
        "perf-record",
    }
    assert {setting.mode for setting in live if is_c(setting)} == {"c-count", "c-group", "c-text"}


def test_parts_come_one_after_the_other_whatever_their_order_in_words() -> None:
    """Within a block everyone has a turn, and two seeds give two orders."""
    order = list(PLAN.order(1))
    assert [part_of(setting) for _, setting in order] == sorted(
        (part_of(setting) for _, setting in order), key=list(PARTS).index
    )
    first = [label(setting) for block, setting in order if block == 0 and part_of(setting) == "drain"]
    assert sorted(first) == sorted(DRAINS)
    assert order != list(PLAN.order(2))


def test_who_is_left_out_is_not_asked() -> None:
    """No C compiler, no perf: the rest goes on, and the file says who was missing."""
    plan = replace(PLAN, left_out=("c-count", "c-group", "c-text", "c-cached", "perf-record"))
    asked = {label(setting) for _, setting in plan.order(1)}
    assert not any(name.startswith(("c-", "perf")) for name in asked)
    assert {name for name in asked if "perf" in name} == {"null callback perf", "null batch perf"}
    assert "bpftrace-count" in asked
    assert PeersPlan.from_json(plan.to_json()) == plan


def test_other_channels_are_drained_beside_the_ring() -> None:
    """By one reader, held to C as it is; a plan of before names none, and has none."""
    plan = replace(PLAN, channel_bytes={"percpu-ring": 1 << 27, "log": 1 << 26, "perf": 1 << 28})
    assert PeersPlan.from_json(plan.to_json()) == plan
    added = [setting for setting in plan.settings("drain") if setting not in PLAN.settings("drain")]
    assert [label(setting) for setting in added] == ["null batch percpu-ring", "null batch log"]
    assert [(setting.channel, setting.ring_size_bytes) for setting in added] == [
        ("percpu-ring", 1 << 27),
        ("log", 1 << 26),
    ]
    assert {reference_of(label(setting)) for setting in added} == {"c-count"} == {reference_of("null batch")}
    assert reference_of("c-count") is None
    assert plan.settings("live") == PLAN.settings("live")
    old = {name: value for name, value in PLAN.to_json()["peers"].items() if name != "channel_bytes"}
    assert PeersPlan.from_json({"peers": old}) == replace(PLAN, channel_bytes={})


def test_it_asks_the_same_of_a_file_as_of_a_machine() -> None:
    """The trials that it was answered with answer it again; a disturbed one was asked for once more."""
    plan = replace(PLAN, parts=("drain",), trials=2, retries=1)
    made: list[Trial] = []

    def ask(step: Step) -> Trial:
        spoilt = (f"{STOLEN.format('9.0%')}, more than --steal-limit 5.0%",) if len(made) == 3 else ()
        told = {"setting": step.setting, "block": step.block, "repeats": step.repeats, "disturbed_because": spoilt}
        trial = replace(made_up.trial(number=len(made)), **told)
        made.append(trial)
        return trial

    answer = plan.answer(ask, seed=1)
    assert len(answer) == 2 * len(DRAINS) + 1
    assert answer[-1].repeats == 3
    assert plan.answer(replay(made), seed=1) == answer
    with pytest.raises(BadInput, match="not the one that its plan asks for"):
        plan.answer(replay(made), seed=2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"parts": ("drian",)}, "no 'drian'"), ({"trials": 0}, "--trials must"), ({"retries": -1}, "--retries must")],
)
def test_a_plan_that_makes_no_sense_is_none(wrong: dict[str, object], says: str) -> None:
    """Refused where it is made."""
    with pytest.raises(BadInput, match=says):
        replace(PLAN, **wrong)


def test_what_a_noisy_machine_took_is_marked() -> None:
    """A contender's time, and each ratio to it; the picture of the noise stands below."""
    chosen = [setting for setting in PLAN.settings("drain") if label(setting) in ("c-count", "c-group", "null batch")]
    made = [
        replace(
            made_up.drain(),
            number=number,
            block=0,
            setting=setting,
            disturbed_because=("steal",) if label(setting) == "c-count" else (),
        )
        for number, setting in enumerate(chosen)
    ]
    table, *said = peers_document(made).parts
    assert isinstance(table, Table)
    cells = {line.label: [cell.text if cell else "" for cell in line.cells] for line in table.lines}
    assert cells["c-count"][0].startswith("~")
    assert not cells["c-group"][0].startswith("~")
    assert cells["null batch"][1].startswith("~")
    assert "The machine was not quiet in 1 of 3 trials" in str(said)
