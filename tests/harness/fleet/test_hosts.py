"""Which host carries a shard out: one at a time, and where it was begun."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harness.fleet.hosts import Hosts
from results.fleet.shard import Shard

NEVER = 3600.0


def shard(number: int = 1, *, host: str | None = None, check: bool = False) -> Shard:
    """Make a shard for a host, or for any of the class `alike`."""
    return Shard(
        plan_id="p",
        number=number,
        of=9,
        host=host,
        host_class=None if host else "alike",
        commit="0" * 40,
        lock="0" * 64,
        plan={"check": {"gate": {"scope": "class"}}} if check else {},
        probing={},
        seed=number,
        expires_at="2100-01-01T00:00:00+00:00",
    )


def hosts(patience_s: float = NEVER, began: dict[str, str] | None = None) -> Hosts:
    return Hosts(patience_s, lambda each: (began or {}).get(each.id), lambda _host, _seen: None)


def played(scene: Callable[[], Awaitable[object]]) -> object:
    return asyncio.run(asyncio.wait_for(scene(), 30))  # type: ignore[arg-type] # a coroutine


def test_a_host_has_one_shard_at_a_time() -> None:
    """The next one waits until it is released, and gets it, in the order in which they came."""

    async def scene() -> list[str | None]:
        pool = hosts()
        await pool.note_present({"a": "alike"})
        assert await pool.take(shard(1, host="a"), set()) == "a"
        waiting = [asyncio.create_task(pool.take(shard(number, host="a"), set())) for number in (2, 3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        pool.release("a")
        await waiting[0]
        running = pool.seen["a"].shard
        assert running is not None
        assert running.number == 2
        assert not waiting[1].done()
        pool.release("a")
        return [await task for task in waiting]

    assert played(scene) == ["a", "a"]


def test_what_is_for_a_class_goes_to_any_of_it_and_to_no_other() -> None:
    """Hosts of one class share its shards; one that comes late takes what waits."""

    async def scene() -> list[str | None]:
        pool = hosts()
        await pool.note_present({"a": "alike", "b": "other"})
        tasks = [asyncio.create_task(pool.take(shard(number), set())) for number in (1, 2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [True, False]
        await pool.note_present({"a": "alike", "b": "other", "c": "alike"})
        return [await task for task in tasks]

    assert played(scene) == ["a", "c"]


def test_a_run_moves_to_another_host_of_its_class_and_a_check_never() -> None:
    """A run prefers the host that began it; the blocks of a check stay on theirs, also when it is away."""

    async def scene() -> list[str | None]:
        run, check = shard(1), shard(2, check=True)
        pool = hosts(0.0, {run.id: "b", check.id: "b"})
        await pool.note_present({"a": "alike", "b": "alike"})
        found = [await pool.take(run, set())]
        pool.release("b")
        found += [await pool.take(run, {"b"}), await pool.take(check, {"b"})]
        pool.release("a")
        found += [await pool.take(check, set())]
        pool.release("b")
        await pool.note_present({"a": "alike"})
        return [*found, await pool.take(run, set()), await pool.take(check, set())]

    assert played(scene) == ["b", "a", None, "b", "a", None]


def test_a_host_that_does_not_come_is_waited_for_and_no_longer() -> None:
    """Nor is one that has gone; one that is busy is waited for as long as it is here."""

    async def scene() -> list[str | None]:
        pool = hosts(0.05)
        found = [await pool.take(shard(1, host="a"), set())]
        await pool.note_present({"a": "alike"})
        found += [await pool.take(shard(1, host="a"), set())]
        second = asyncio.create_task(pool.take(shard(2, host="a"), set()))
        await asyncio.sleep(0.2)
        assert not second.done()
        await pool.note_present({})
        await pool.gone("a")
        return [*found, await second]

    assert played(scene) == [None, "a", None]


def test_nobody_waits_when_there_is_no_scheduler_any_more() -> None:
    """Neither those that wait, nor those that come later."""

    async def scene() -> list[str | None]:
        pool = hosts()
        waiting = asyncio.create_task(pool.take(shard(1, host="a"), set()))
        await asyncio.sleep(0)
        pool.give_up()
        return [await waiting, await pool.take(shard(2, host="a"), set())]

    assert played(scene) == [None, None]
