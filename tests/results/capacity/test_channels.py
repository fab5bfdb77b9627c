"""The channel that is advised holds, costs producers least, and of those alike takes least memory."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from results.capacity.advice import AdvicePlan
from results.capacity.channels import ChannelAdvice, ChannelsPlan
from results.plan import Ask, Step
from results.reports.capacity import channels_document
from results.reports.forms.markdown import markdown
from results.trial import Trial
from tests.results.capacity.machine import null, trial


def plan(*channels: str, sender: str = "packet") -> ChannelsPlan:
    setting = null(intended_load=100_000.0, duration_s=1.0, stall_s=0.2, sender=sender)
    return ChannelsPlan(
        plans=tuple(
            AdvicePlan(
                setting=dataclasses.replace(setting, channel=name),
                trials=3,
                fitting_bytes=None if name == "ring" else 2 << 20,
            )
            for name in channels or ("ring", "percpu-ring", "log")
        )
    )


def machine(costs: dict[str, float | None], needs: dict[str, int] | None = None) -> Ask:
    """Make a machine on which a channel of so many bytes holds, and an event costs its producers so many ns."""
    made = 0

    def ask(step: Step) -> Trial:
        nonlocal made
        made += 1
        channel = step.setting.channel
        answer = trial(step.setting, takes=1e6, sends=1e6)
        if step.setting.stall_s is not None:
            lost = 0 if (step.setting.ring_size_bytes or 0) >= (needs or {}).get(channel, 1 << 20) else 5
            ledger = dataclasses.replace(answer.ledger, submitted=answer.ledger.offered - lost, reserve_failed=lost)
            return dataclasses.replace(answer, ledger=ledger, metrics={"stall_s": 0.2})
        cost = costs[channel]
        name = "emit_ns_per_event" if step.setting.sender == "synthetic" else "program_ns_per_event"
        return dataclasses.replace(answer, metrics={} if cost is None else {name: cost + made % 3})

    return ask


def advised(costs: dict[str, float | None], **machines: object) -> tuple[str | None, str]:
    found = plan().answer(machine(costs, **machines), 1)  # type: ignore[arg-type]
    return (None if found.best is None else found.best.channel), " ".join(found.sentences())


def test_the_cheapest_for_its_producers_is_advised() -> None:
    """Though it takes more memory: bytes are cheap, and the traced side is not."""
    name, said = advised({"ring": 400.0, "percpu-ring": 380.0, "log": 300.0}, needs={"log": 2 << 20})
    assert name == "log"
    assert "--channel log --ring-size 2097152 (2 MiB)" in said
    assert "nothing was lost in 3 of 3 trials, and it costs producers least" in said


def test_of_those_that_cost_alike_the_smallest_is_advised() -> None:
    """Costs whose intervals overlap are not told apart; of equal ones the first, which is the ring."""
    name, said = advised({"ring": 401.0, "percpu-ring": 400.0, "log": 600.0}, needs={"percpu-ring": 2 << 20})
    assert name == "ring"
    assert "is not distinguishable from that of percpu-ring, and it takes less memory" in said
    assert advised({"ring": 400.0, "percpu-ring": 400.0, "log": 400.0})[0] == "ring"


def test_one_that_never_holds_is_out_of_the_question() -> None:
    """However cheap; and where none holds, none is advised."""
    name, said = advised({"ring": 400.0, "percpu-ring": 500.0, "log": 1.0}, needs={"log": 2 << 30})
    assert name == "ring"
    assert "log cannot be used: no log up to 1 GiB survived" in said
    none, said = advised({}, needs=dict.fromkeys(("ring", "percpu-ring", "log"), 2 << 30))
    assert (none, said.endswith("No channel is advised: none held.")) == (None, True)


def test_what_could_not_be_timed_is_said() -> None:
    """Memory decides then."""
    name, said = advised(dict.fromkeys(("ring", "percpu-ring", "log")), needs={"ring": 2 << 20})
    assert name == "percpu-ring"
    assert "could not be measured" in said


@pytest.mark.parametrize(("sender", "pass_"), [("packet", "kernel"), ("synthetic", "timed")])
def test_it_answers_the_same_from_its_file_and_is_shown(sender: str, pass_: str) -> None:
    """The plan comes back from JSON; producers are timed in a pass of their own, in blocks, without a stall."""
    wanted = plan(sender=sender)
    assert ChannelsPlan.from_json(json.loads(json.dumps(wanted.to_json()))) == wanted
    asked: list[Step] = []
    answer = machine({"ring": 400.0, "percpu-ring": 380.0, "log": 300.0})

    def ask(step: Step) -> Trial:
        asked.append(step)
        return answer(step)

    found = wanted.answer(ask, 1)
    timed = [step for step in asked if step.setting.stall_s is None]
    assert {step.setting.pass_ for step in timed} == {pass_}
    assert sorted((step.block, step.setting.channel) for step in timed) == sorted(
        (block, name) for block in range(3) for name in ("ring", "percpu-ring", "log")
    )
    assert isinstance(found, ChannelAdvice)
    said = markdown(channels_document(found))
    assert "--channel log --ring-size" in said
    assert re.search("30[012] ns", said)
    assert "1 MiB" in said


def test_one_consumer_is_asked_for() -> None:
    """Two modes are two questions."""
    two = plan("ring", "log").plans
    other = dataclasses.replace(two[1], setting=dataclasses.replace(two[1].setting, mode="file"))
    with pytest.raises(ValueError, match="one consumer"):
        ChannelsPlan(plans=(two[0], other))
