"""What becomes of a shard by what its host tells: with Dask's scheduler and workers, and hosts that measure nothing.

test_engine.py runs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.fleet.environment import find_dask
from harness.fleet.hosts import Seen
from harness.fleet.shard import ShardFile
from results.fleet.file import Fleet, FleetWriter, read_fleet
from results.fleet.shard import Shard
from tests.results.fleet import made_up

find_dask()

# What a host tells of a shard at one try, event by event; or what its worker raises.
Try = list[dict[str, Any]] | Exception
CLASS_K = "k"


@dataclass
class Faked:
    """Hosts that tell what they are to, try after try; `asked` is whom the engine asked, for which shard."""

    folder: Path
    shards: tuple[Shard, ...]
    tells: Mapping[str, Callable[[Shard], Iterable[Try]]]
    asked: list[tuple[str, int]] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)

    def run(self, *, resume: bool = False) -> Fleet:
        asyncio.run(asyncio.wait_for(self._run(resume=resume), 60))
        return read_fleet(self.folder / "fleet.jsonl")

    async def _run(self, *, resume: bool) -> None:
        from distributed import Client, Scheduler, Worker  # noqa: PLC0415 - an extra
        from distributed.diagnostics.plugin import WorkerPlugin  # noqa: PLC0415 - an extra

        from harness.fleet import clusters  # noqa: PLC0415 - Dask
        from harness.fleet.engine import Engine  # noqa: PLC0415 - as above
        from harness.fleet.task import CLASS, HOST, PLUGIN, TOPIC  # noqa: PLC0415 - as above

        clusters.configure()
        faked, by_id, tries = self, {shard.id: shard for shard in self.shards}, self._tries()

        class FakedHost(WorkerPlugin):  # type: ignore[misc] # Dask has no types here
            name = PLUGIN

            def setup(self, worker: Any) -> None:
                self._worker = worker

            def carry_out(self, name: str, _shard: bytes, _signature: bytes | None) -> None:
                host = self._worker.name
                faked.asked.append((host, by_id[name].number))
                told = next(tries[host, name])
                if isinstance(told, Exception):
                    raise told
                for event in told:
                    self._worker.log_event(TOPIC, {"shard": name, "host": host, **event})

        async with AsyncExitStack() as stack:
            scheduler = await stack.enter_async_context(Scheduler(protocol="inproc", dashboard_address="127.0.0.1:0"))
            for host in self.tells:
                await stack.enter_async_context(
                    Worker(
                        scheduler.address, name=host, nthreads=1, plugins=(FakedHost(),),
                        resources={f"{HOST}{host}": 1, f"{CLASS}{CLASS_K}": 1}, local_directory=str(self.folder),
                        dashboard_address="127.0.0.1:0",
                    )
                )  # fmt: skip
            client = await stack.enter_async_context(Client(scheduler.address, asynchronous=True))
            files = [ShardFile(Path(), json.dumps(shard.to_json()).encode(), None, shard) for shard in self.shards]
            with FleetWriter(self.folder / "fleet.jsonl", self.shards, resume=resume) as writer:
                await Engine(client, writer, files, patience_s=0.0, on_change=self.seen.__setitem__).run()

    def _tries(self) -> dict[tuple[str, str], Iterator[Try]]:
        return {(host, shard.id): iter(tells(shard)) for host, tells in self.tells.items() for shard in self.shards}

    def lines(self, shard: Shard, host: str) -> list[str]:
        own = made_up.session(shard, f"s-{shard.number}-{host}", host)
        return [line.decode() for line in made_up.lines(self.folder, own, made_up.trials(own, shard))]


def well(folder: Path, host: str) -> Callable[[Shard], list[Try]]:
    """Tell all of a shard, with status 0, as often as asked: the lines that were told before too."""

    def told(shard: Shard) -> list[Try]:
        lines = Faked(folder, (), {}).lines(shard, host)
        end = {"status": 0, "session": f"s-{shard.number}-{host}", "said": ""}
        return [[{"lines": lines[:3], "said": "trial 1"}, {"lines": lines}, end]] * 3

    return told


def badly(*tries: Try) -> Callable[[Shard], list[Try]]:
    return lambda _shard: list(tries)


def of_class(*names: str, **changes: Any) -> tuple[Shard, ...]:
    return tuple(replace(each, host=None, host_class=CLASS_K, **changes) for each in made_up.shards(*names))


def ends(status: int, said: str = "", session: str = "") -> Try:
    return [{"status": status, "said": said, "session": session}]


def test_each_host_carries_its_shard_out(tmp_path: Path) -> None:
    """What it tells is in the file once, and what is known of it is said."""
    faked = Faked(tmp_path, made_up.shards("a", "b"), {host: well(tmp_path, host) for host in "ab"})
    fleet = faked.run()
    assert [(each.host, each.lost, each.session and len(each.session.trials)) for each in fleet.hosts] == [
        ("a", None, 4), ("b", None, 4),
    ]  # fmt: skip
    assert sorted(faked.asked) == [("a", 1), ("b", 2)]
    assert [(seen.done, seen.trials, seen.lost, seen.said, seen.shard) for seen in faked.seen.values()] == [
        (1, 4, 0, "trial 1", None)
    ] * 2


def test_what_is_done_is_nobody_s_to_do_again(tmp_path: Path) -> None:
    """Though its host is there; what is not, is."""
    shards = made_up.shards("a", "b")
    first = Faked(tmp_path, shards, {"a": well(tmp_path, "a")})
    assert [each.lost for each in first.run().hosts] == [None, "no host b came within 0 s"]
    second = Faked(tmp_path, shards, {host: well(tmp_path, host) for host in "ab"})
    assert second.run(resume=True).lost == ()
    assert second.asked == [("b", 2)]


@pytest.mark.parametrize(
    ("tries", "because"),
    [
        ([ends(4, "the disk is full"), ends(4, "it is full still")], "it is full still"),
        ([ends(70), ends(-9)], "bench fleet shard ended with -9"),
        ([ends(0, "it told no session")] * 2, "it told no session"),
        ([RuntimeError("it burns"), RuntimeError("it is burnt")], "it is burnt"),
        ([[{"said": "trial 1"}]] * 2, "not all that it told arrived"),
        ([ends(2, "it expired")], "it expired"),
        ([[{"lines": ['{"type":"trial"}']}]], "what it told cannot be used: a host's line is no session's"),
    ],
    ids=["a full disk", "a signal", "no session", "an error", "no end", "refused", "no line of a session"],
)
def test_a_host_is_tried_twice_and_a_refusal_is_final(tmp_path: Path, tries: list[Try], because: str) -> None:
    """What it would end in the same way is not tried again; the last reason is the shard's."""
    faked = Faked(tmp_path, made_up.shards("a"), {"a": badly(*tries)})
    (only,) = faked.run().hosts
    assert str(only.lost).startswith(because)
    assert len(faked.asked) == len(tries)
    assert (faked.seen["a"].lost, faked.seen["a"].done) == (1, 0)
    assert faked.seen["a"].said.startswith(because)


@pytest.mark.parametrize("status", [0, 1, 3, 5])
def test_a_session_that_came_to_its_end_is_whole_whatever_its_status(tmp_path: Path, status: int) -> None:
    """An invalid trial is a result too; and what a first try did not end, the second did."""

    def told(shard: Shard) -> list[Try]:
        lines = Faked(tmp_path, (), {}).lines(shard, "a")
        return [
            [{"lines": lines[:2]}, {"status": 143, "session": "s-1-a", "said": "terminated"}],
            [{"lines": lines}, {"status": status, "session": "s-1-a", "said": ""}],
        ]

    faked = Faked(tmp_path, made_up.shards("a"), {"a": told})
    (only,) = faked.run().hosts
    assert only.session is not None
    assert [trial.number for trial in only.session.trials] == [0, 1, 2, 3]
    assert faked.asked == [("a", 1)] * 2


@pytest.mark.parametrize(("tries", "asked"), [([ends(4)] * 2, 2), ([ends(2)], 1)], ids=["fails", "refuses"])
def test_a_run_s_shard_moves_to_another_host_of_its_class(tmp_path: Path, tries: list[Try], asked: int) -> None:
    """After two tries of the first, or at once where that one refuses it."""
    order: list[str] = []

    def of(host: str) -> Callable[[Shard], Iterator[Try]]:
        def told(shard: Shard) -> Iterator[Try]:
            order.append(host)
            yield from tries if order[0] == host else well(tmp_path, host)(shard)

        return told

    faked = Faked(tmp_path, of_class("x"), {host: of(host) for host in "ab"})
    (only,) = faked.run().hosts
    first, second = order
    assert (only.host, only.lost) == (second, None)
    assert faked.asked == [(first, 1)] * asked + [(second, 1)]


def test_a_check_s_shard_that_was_begun_never_moves(tmp_path: Path) -> None:
    """Its blocks belong together: though another host of its class is there, and free."""
    shards = of_class("x", plan={**made_up.shards("x")[0].plan, "check": {"gate": {"scope": "class"}}})

    def of(host: str) -> Callable[[Shard], list[Try]]:
        def begun(shard: Shard) -> list[Try]:
            lines = Faked(tmp_path, (), {}).lines(shard, host)
            return [[{"lines": lines[:1]}, {"status": 4, "said": "it is full", "session": ""}]] * 2

        return begun

    faked = Faked(tmp_path, shards, {host: of(host) for host in "ab"})
    (only,) = faked.run().hosts
    assert only.lost == "it is full"
    assert faked.asked == [(only.host, 1)] * 2


def test_another_plan_s_events_are_none_of_ours(tmp_path: Path) -> None:
    """Whoever runs one at the same scheduler."""

    def told(shard: Shard) -> list[Try]:
        other = {"shard": "another", "lines": ["nonsense"], "status": 0, "session": "x"}
        (events, *_rest) = well(tmp_path, "a")(shard)
        assert isinstance(events, list)
        return [[other, *events]]

    faked = Faked(tmp_path, made_up.shards("a"), {"a": told})
    assert faked.run().lost == ()


def test_a_host_has_one_shard_after_the_other(tmp_path: Path) -> None:
    """In their order; all that wait for it are had."""
    shards = of_class("x", "y", "z")
    faked = Faked(tmp_path, shards, {"a": well(tmp_path, "a")})
    assert faked.run().lost == ()
    assert faked.asked == [("a", 1), ("a", 2), ("a", 3)]
    assert (faked.seen["a"].done, faked.seen["a"].trials) == (3, 12)
