"""A fleet made up of hosts' own result files, through the real classes: shards, sessions and trials in their order."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from results.file import ResultWriter, result_lines
from results.fleet.file import FleetWriter
from results.fleet.shard import Shard, Sharded, seed_for
from results.run import RunPlan
from results.session import Session
from results.trial import Trial
from tests.results import made_up

PLAN = RunPlan(settings=tuple(made_up.setting(mode) for mode in ("file", "epoll")), trials=2)


def shards(*hosts: str, plan: RunPlan = PLAN, **changes: Any) -> tuple[Shard, ...]:
    row = json.loads(json.dumps(plan.to_json()))
    probing = {"steal": 0.05, "foreign": 0.1, "run_delay": 0.1, "timeline_step_s": 0.1}
    made = Shard(
        plan_id="20261128T000000-abcdef", number=1, of=len(hosts), host="none", commit="c" * 40, lock="d" * 64,
        plan=row, probing=probing, seed=0, expires_at="2036-11-28T00:00:00+00:00",
    )  # fmt: skip
    return tuple(
        replace(made, number=number, host=host, seed=seed_for(7, host), **changes)
        for number, host in enumerate(hosts, start=1)
    )


def session(shard: Shard, name: str = "", host: str = "", **facts: Any) -> Session:
    """Make the session of a shard's host; `facts` are of its fingerprint."""
    plan = Sharded(RunPlan.from_json(shard.plan), shard, host or shard.host or "one").to_json()
    machine = {**made_up.HOST, "boot": f"boot of {host or shard.host}", **facts}
    identity = name or f"s-{host or shard.host}"
    return made_up.session(id=identity, plan=json.loads(json.dumps(plan)), seed=shard.seed, host=machine)


def trials(of: Session, shard: Shard) -> list[Trial]:
    """Make all the trials that a shard's plan asks for."""
    order = enumerate(RunPlan.from_json(shard.plan).order(shard.seed))
    return [
        replace(made_up.trial(setting.mode, number + 1), session=of.id, number=number, block=block, setting=setting)
        for number, (block, setting) in order
    ]


def own_file(folder: Path, of: Session, made: list[Trial]) -> Path:
    """Write a host's own result file."""
    path = folder / f"{of.id}.jsonl"
    with ResultWriter(path) as writer:
        writer.session(of)
        for trial in made:
            writer.trial(trial)
    return path


def lines(folder: Path, of: Session, made: list[Trial]) -> list[bytes]:
    return result_lines(own_file(folder, of, made))


def fleet(folder: Path, *hosts: str, **facts: Any) -> Path:
    """Write the file of a fleet of which all hosts did their work."""
    path, planned = folder / "fleet.jsonl", shards(*hosts)
    with FleetWriter(path, planned) as writer:
        for shard in planned:
            own = session(shard, **facts)
            for line in lines(folder, own, trials(own, shard)):
                writer.line(line)
            writer.finish(own.id)
    return path
