"""Which host carries a shard out: one at a time, and where it was begun."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable

import pytest

from harness.fleet.hosts import Hosts, Seen
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


class Jumping(selectors.DefaultSelector):
    """Waits for nothing: what is due next is due now, on a machine of whatever speed."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now_s += timeout or 0.0
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock goes on only where all tasks wait, and then at once."""

    def __init__(self) -> None:
        self._jumping = Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def played(scene: Callable[[], Awaitable[object]]) -> object:
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(asyncio.wait_for(scene(), 30))


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


HERE, OTHER = {"a": "alike"}, {"b": "alike"}
SOON = 0.05


async def turns() -> None:
    """Let all tasks go on as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_host_that_comes_back_in_time_was_never_gone() -> None:
    """However often it is away; gone is who stays away for longer than patience at one time."""

    async def scene() -> None:
        pool = hosts(2 * SOON)
        await pool.note_present(HERE)
        gone = asyncio.create_task(pool.gone("a"))
        for _ in range(4):
            await pool.note_present({})
            await asyncio.sleep(SOON)
            await pool.note_present(HERE)
            await turns()
        assert not gone.done()
        await pool.note_present({})
        await gone

    played(scene)


def test_a_host_that_comes_back_takes_what_waits_for_it() -> None:
    """By its name and by its class; the shard of its own name first, and in their order."""

    async def scene() -> list[int]:
        pool = hosts()
        await pool.note_present(HERE)
        await pool.note_present({})
        waiting = [asyncio.create_task(pool.take(each, set())) for each in (shard(1), shard(2, host="a"), shard(3))]
        await turns()
        assert not any(task.done() for task in waiting)
        await pool.note_present(HERE)
        order = []
        for _ in waiting:
            running = pool.seen["a"].shard
            assert running is not None
            order.append(running.number)
            pool.release("a")
        assert [await task for task in waiting] == ["a"] * 3
        assert pool.seen["a"].shard is None
        return order

    assert played(scene) == [2, 1, 3]


def test_a_host_that_comes_back_goes_on_with_what_it_had() -> None:
    """It is not free meanwhile, and is given nothing beside it."""

    async def scene() -> list[str | None]:
        pool = hosts()
        await pool.note_present(HERE)
        assert await pool.take(shard(1), set()) == "a"
        waiting = [asyncio.create_task(pool.take(each, set())) for each in (shard(2), shard(3, host="a"))]
        for present in ({}, HERE):
            await turns()
            await pool.note_present(present)
        await turns()
        assert not any(task.done() for task in waiting)
        running = pool.seen["a"].shard
        assert running is not None
        assert running.number == 1
        pool.release("a")
        found = [await waiting[1]]
        pool.release("a")
        return [*found, await waiting[0]]

    assert played(scene) == ["a", "a"]


def test_a_host_that_is_away_is_given_nothing() -> None:
    """It is released there, by whoever gave it up: what waits for it goes on waiting, and is had by another one."""

    async def scene() -> list[str | None]:
        pool = hosts()
        await pool.note_present({**HERE, **OTHER})
        assert await pool.take(shard(1, host="a"), set()) == "a"
        assert await pool.take(shard(2, host="b"), set()) == "b"
        named, of_class = (asyncio.create_task(pool.take(each, set())) for each in (shard(3, host="a"), shard(4)))
        await turns()
        await pool.note_present(OTHER)
        await turns()
        pool.release("a")
        await turns()
        assert not named.done()
        assert not of_class.done()
        assert pool.seen["a"].shard is None
        pool.release("b")
        found = [await of_class]
        await pool.note_present(HERE)
        return [*found, await named]

    assert played(scene) == ["b", "a"]


def test_what_one_host_may_not_have_again_is_not_given_to_it() -> None:
    """It failed there: a free host that tried it is passed over, for the next in the queue too."""

    async def scene() -> list[str | None]:
        pool = hosts()
        await pool.note_present(HERE)
        assert await pool.take(shard(1), set()) == "a"
        tried = asyncio.create_task(pool.take(shard(2), {"a"}))
        fresh = asyncio.create_task(pool.take(shard(3), set()))
        await turns()
        pool.release("a")
        found = [await fresh]
        assert not tried.done()
        await pool.note_present({**HERE, **OTHER})
        return [*found, await tried]

    assert played(scene) == ["a", "b"]


def test_who_waits_for_a_class_waits_from_when_its_last_host_left() -> None:
    """Not from when the host first came: while one that fits is here and busy, nobody's patience runs."""

    async def scene() -> list[str | None]:
        pool, loop = hosts(4 * SOON), asyncio.get_running_loop()
        await pool.note_present(HERE)
        assert await pool.take(shard(1), set()) == "a"
        waiting = asyncio.create_task(pool.take(shard(2), set()))
        await asyncio.sleep(8 * SOON)
        assert not waiting.done()
        await pool.note_present({})
        left = loop.time()
        assert await waiting is None
        assert loop.time() - left == pytest.approx(4 * SOON)
        late = asyncio.create_task(pool.take(shard(3), set()))
        began = loop.time()
        assert await late is None
        assert loop.time() - began == pytest.approx(4 * SOON)
        return [await pool.take(shard(4), {"a"})]

    assert played(scene) == [None]


def test_a_host_of_another_class_is_nobody_s_of_this_one() -> None:
    """Also where it was of this one before: it came back as another machine."""

    async def scene() -> list[str | None]:
        pool = hosts(SOON)
        await pool.note_present(HERE)
        await pool.note_present({})
        await pool.note_present({"a": "other"})
        assert pool.seen["a"].host_class == "other"
        return [await pool.take(shard(1), set()), await pool.take(shard(2, host="a"), set())]

    assert played(scene) == [None, "a"]


def test_a_check_waits_for_the_host_that_began_it_and_a_run_takes_whoever_is_free() -> None:
    """Though that one is busy, and another one is not."""

    async def scene() -> list[str | None]:
        run, check = shard(1), shard(2, check=True)
        pool = hosts(NEVER, {run.id: "b", check.id: "b"})
        await pool.note_present({**HERE, **OTHER})
        assert await pool.take(shard(3, host="b"), set()) == "b"
        waiting = asyncio.create_task(pool.take(check, set()))
        found = [await pool.take(run, set())]
        await turns()
        assert not waiting.done()
        pool.release("a")
        await turns()
        assert not waiting.done()
        pool.release("b")
        return [*found, await waiting]

    assert played(scene) == ["a", "b"]


def test_a_check_that_nobody_began_is_any_host_s_of_its_class() -> None:
    """And where it is for a host by name, that one's, whoever began it."""

    async def scene() -> list[str | None]:
        named = shard(2, host="a", check=True)
        pool = hosts(NEVER, {named.id: "b"})
        await pool.note_present({**HERE, **OTHER})
        return [await pool.take(shard(1, check=True), {"a"}), await pool.take(named, set())]

    assert played(scene) == ["b", "a"]


def test_whatever_is_new_of_a_host_is_told() -> None:
    """That it came, what it was given, that it was released, and that it went; nothing where nothing is new."""
    told: list[tuple[str, bool, int | None]] = []

    def note(host: str, seen: Seen) -> None:
        told.append((host, seen.here, seen.shard and seen.shard.number))

    async def scene() -> None:
        pool = Hosts(NEVER, lambda _shard: None, note)
        for present in (HERE, HERE):
            await pool.note_present(present)
        assert told == [("a", True, None)]
        await pool.take(shard(1), set())
        pool.release("a")
        await pool.note_present({})
        await pool.note_present({})

    played(scene)
    assert told == [("a", True, None), ("a", True, 1), ("a", True, None), ("a", False, None)]


def test_who_gives_up_waiting_is_given_nothing_later() -> None:
    """Its place in the queue is free: the host that comes then is the next one's."""

    async def scene() -> list[str | None]:
        pool = hosts(NEVER)
        first = asyncio.create_task(pool.take(shard(1, host="a"), set()))
        second = asyncio.create_task(pool.take(shard(2, host="a"), set()))
        await turns()
        first.cancel()
        await turns()
        await pool.note_present(HERE)
        found = [await second]
        assert pool.seen["a"].shard is not None
        assert pool.seen["a"].shard.number == 2
        return found

    assert played(scene) == ["a"]


def test_what_is_for_one_host_alone_that_has_tried_it_is_nobody_s() -> None:
    """It is known at once: nobody waits for another one, though all are here, and patience is long."""

    async def scene() -> list[str | None]:
        check = shard(2, check=True)
        pool = hosts(NEVER, {check.id: "b"})
        await pool.note_present({**HERE, **OTHER})
        return [await pool.take(shard(1, host="a"), {"a"}), await pool.take(check, {"b"})]

    assert played(scene) == [None, None]
