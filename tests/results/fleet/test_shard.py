"""A shard is what its host will do, told by its content: what was altered, lacks something or is none is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from results.errors import BadInput
from results.fleet.shard import Shard, Sharded, class_of, read_shard, seed_for
from results.run import RunPlan
from tests.results import made_up
from tests.results.fleet.made_up import shards

SCHEMA = Path(__file__).resolve().parents[3] / "results/fleet/shard.schema.json"


def written(**changes: Any) -> dict[str, Any]:
    (shard,) = shards("web-1")
    return {**json.loads(json.dumps(shard.to_json())), **changes}


def test_a_shard_is_read_back_as_it_was() -> None:
    """For a host, and for a class."""
    of_host, of_class = shards("web-1")[0], replace(shards("web-1")[0], host=None, host_class="6.18.0-2cpu-abc")
    for shard in (of_host, of_class):
        assert read_shard(json.dumps(shard.to_json()).encode()) == shard
    assert of_host.id != of_class.id


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seed": 8}, "was altered"),
        ({"target": {"host": "web-2"}}, "was altered"),
        ({"expires_at": "2037-01-01T00:00:00+00:00"}, "was altered"),
        ({"commit": "a" * 40}, "was altered"),
        ({"plan": {"settings": [], "trials": 1, "retries": 0}}, "was altered"),
        ({"id": "0" * 32}, "was altered"),
        ({"target": {"host": "web-1", "class": "k"}}, "not one host"),
        ({"target": {"host": "a;b"}}, "a name has letters"),
        ({"target": {"host": ["web-1"]}}, "a name has letters"),
        ({"target": "web-1"}, "not one host"),
        ({"format": 2}, "of format 2"),
        ({"type": "session"}, "no shard of a fleet's plan"),
        ({"argv": ["run"]}, "with argv, of which this bench knows nothing"),
        ({"commit": "HEAD"}, "its whole hash"),
        ({"commit": 7}, "no shard"),
        ({"seed": -1}, "seed is below"),
        ({"seed": True}, "seed is true"),
        ({"number": 2}, "shard 2 of 1"),
        ({"expires_at": "tomorrow"}, "no time of ISO 8601"),
        ({"expires_at": "2037-01-01T00:00:00"}, "without its offset"),
        ({"plan": []}, "plan is []"),
        ({"probing": {"steal": "much"}}, "probing is"),
    ],
)  # fmt: skip
def test_what_is_no_shard_is_refused_by_name(changes: dict[str, Any], says: str) -> None:
    """Whatever was changed in its file, and however it was."""
    with pytest.raises(BadInput, match=says.replace("[", r"\[")):
        Shard.from_json(written(**changes))


@pytest.mark.parametrize("name", [name for name in written() if name not in ("type", "format", "id", "target")])
def test_a_shard_that_lacks_something_is_refused(name: str) -> None:
    row = written()
    del row[name]
    with pytest.raises(BadInput, match=f"without {name}"):
        Shard.from_json(row)


def test_a_seed_is_the_host_s_own_and_the_plan_s() -> None:
    """The same for the same two, on any machine; in a reader that keeps 53 bits of a number too."""
    assert seed_for(7, "web-1") == int(hashlib.sha256(b"7 web-1").hexdigest()[:12], 16)
    assert len({seed_for(seed, host) for seed in (7, 8) for host in ("web-1", "web-2")}) == 4
    assert all(0 <= seed_for(7, str(number)) < 1 << 48 for number in range(1000))


@pytest.mark.parametrize(
    ("fact", "same"),
    [({"kernel": "6.18.1"}, False), ({"cpus": 4}, False), ({"cpu_model": "Other"}, False), ({"bcc": "0.31"}, False),
     ({"boot": "another"}, True), ({"commit": "1234567"}, True), ({"bench": "0.2.0"}, True)],
    ids=str,
)  # fmt: skip
def test_unlike_machines_are_of_different_classes(fact: dict[str, Any], same: bool) -> None:
    """By the rule by which two results are of one machine: a boot or a commit more makes no other machine."""
    assert (class_of({**made_up.HOST, **fact}) == class_of(made_up.HOST)) is same


def test_the_schema_takes_what_is_written_and_nothing_else() -> None:
    """By a validator that is not ours."""
    schema = Draft202012Validator(json.loads(SCHEMA.read_text()))
    of_class = replace(shards("a")[0], host=None, host_class="k").to_json()
    assert [error.message for row in (written(), of_class) for error in schema.iter_errors(row)] == []
    bad = [{"argv": []}, {"target": {}}, {"seed": 1 << 60}, {"plan": {"capacity": {}}}, {"commit": "HEAD"}]
    assert [schema.is_valid(written(**changes)) for changes in bad] == [False] * len(bad)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"host": None}, "for one host, or for a class"),
        ({"host_class": "k"}, "for one host, or for a class"),
        ({"host": None, "host_class": "a b"}, "class 'a b': a name has letters"),
        ({"host": ""}, "host '': a name has letters"),
        ({"host": "-a"}, "host '-a': a name has letters"),
        ({"host": "a" * 254}, "a name has letters"),
        ({"number": 0}, "shard 0 of 1: there is none"),
        ({"of": 0}, "shard 1 of 0: there is none"),
        ({"against": "main"}, "its whole hash"),
        ({"against": "A" * 40}, "its whole hash"),
        ({"commit": "a" * 41}, "its whole hash"),
        ({"commit": "a" * 39}, "its whole hash"),
        ({"lock": "d" * 63}, "a SHA-256"),
        ({"lock": "D" * 64}, "a SHA-256"),
        ({"seed": 1 << 48}, f"below 2.48; it is {1 << 48}"),
    ],
    ids=str,
)
def test_a_shard_that_is_none_cannot_be_made(changes: dict[str, Any], says: str) -> None:
    """Whoever makes it, a plan or a file."""
    (shard,) = shards("web-1")
    with pytest.raises(BadInput, match=says):
        replace(shard, **changes)


def test_what_a_shard_may_be_at_the_most() -> None:
    """The ends of what is allowed, each of which is another shard with another id."""
    (shard,) = shards("web-1")
    made = [
        replace(shard, **changes)
        for changes in (
            {"seed": 0}, {"seed": (1 << 48) - 1}, {"host": "a" * 253}, {"host": "9._-"}, {"of": 2},
            {"against": "a" * 40}, {"commit": "a" * 64}, {"number": 2, "of": 2},
            {"expires_at": "2036-11-28T00:00:00-01:00"}, {"plan_id": "x"}, {"probing": {}},
            {"plan": {}}, {"lock": "0" * 64}, {"host": None, "host_class": "web-1"},
        )
    ]  # fmt: skip
    assert len({each.id for each in (shard, *made)}) == 1 + len(made)
    for each in made:
        assert Shard.from_json(json.loads(json.dumps(each.to_json()))) == each
    assert made[8].expires > shard.expires
    assert (shard.target, made[-1].target) == ("host web-1", "class web-1")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ({}, "not one host, nor one class"),
        ({"hosts": "a"}, "not one host, nor one class"),
        (None, "not one host, nor one class"),
        ({"class": "k"}, "was altered"),
        ({"host": None}, "for one host, or for a class"),
    ],
    ids=str,
)
def test_a_target_is_one_host_or_one_class(target: object, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        Shard.from_json(written(target=target))


def test_the_class_of_a_host_says_its_kernel_and_its_cpus() -> None:
    """In letters that any label or path takes, and that name a class in a plan."""
    name = class_of({**made_up.HOST, "kernel": "6.18.0 custom/1+", "cpus": 64})
    assert name.startswith("6.18.0-custom-1--64cpu-")
    assert replace(shards("a")[0], host=None, host_class=name).host_class == name


@pytest.mark.parametrize(
    ("plan", "scope"), [({"check": {"gate": {"scope": "host"}}}, "host"), ({"settings": []}, None)]
)
def test_a_shard_of_a_check_says_of_what_its_verdicts_are(plan: dict[str, Any], scope: str | None) -> None:
    assert replace(shards("a")[0], plan=plan).scope == scope


def test_a_session_says_whose_shard_it_is() -> None:
    """Beside its plan, with the host that ran it."""
    (shard,) = shards("web-1")
    told = Sharded(RunPlan.from_json(shard.plan), shard, "other").to_json()
    assert told.pop("shard") == {"id": shard.id, "plan_id": shard.plan_id, "number": 1, "of": 1, "host": "other"}
    assert json.loads(json.dumps(told)) == shard.plan
