"""The hosts of a fleet: which are here, which have nothing to do, and which shards wait for one of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from results.fleet.shard import Shard


@dataclass(slots=True)
class Seen:
    """What is known of a host: whether it is here, the shard that it runs, what it did and lost, and its last words."""

    host_class: str
    here: bool = False
    left_at: float = 0.0
    shard: Shard | None = None
    done: int = 0
    trials: int = 0
    lost: int = 0
    said: str = ""


@dataclass(slots=True, eq=False)
class _Waiter:
    """A shard that waits for a host: the one that is named, or any of its class that it was not on yet."""

    shard: Shard
    only: str | None
    tried: set[str]
    found: asyncio.Future[str] = field(init=False)

    @property
    def key(self) -> str:
        """Whom it waits for; no host's name has a blank."""
        return self.only or f"class {self.shard.host_class}"

    def fits(self, host: str, seen: Seen) -> bool:
        if host in self.tried:
            return False
        return host == self.only if self.only is not None else seen.host_class == self.shard.host_class


class Hosts:
    """Gives each host one shard at a time. `patience_s` is how long a shard waits while none that fits it is here.

    `began_on` names the host that began a shard, which goes on with it where it can; what a check began, no other host
    may go on with. `on_change` hears of each host of which something new is known.
    """

    def __init__(
        self, patience_s: float, began_on: Callable[[Shard], str | None], on_change: Callable[[str, Seen], None]
    ) -> None:
        self.patience_s = patience_s
        self.on_change = on_change
        self.seen: dict[str, Seen] = {}
        self._began_on = began_on
        self._waiting: dict[str, deque[_Waiter]] = {}
        self._moved = asyncio.Condition()
        self._over = False

    async def take(self, shard: Shard, tried: set[str]) -> str | None:
        """Wait for a host that may carry a shard out and has nothing to do; None: none is here, nor comes in time."""
        began, loop = self._began_on(shard), asyncio.get_running_loop()
        only = began if shard.host is None and shard.scope is not None else shard.host
        waiter, since = _Waiter(shard, only, tried), loop.time()
        queue = self._waiting.setdefault(waiter.key, deque())
        while not self._over and only not in tried:
            waiter.found = loop.create_future()
            fit = {host: seen for host, seen in self._fit(waiter) if seen.here}
            if free := [host for host, seen in fit.items() if seen.shard is None]:
                return self._give(shard, began if began in free else free[0])
            left = max((seen.left_at for _, seen in self._fit(waiter)), default=0.0)
            timeout_s = None if fit else max(since, left) + self.patience_s - loop.time()
            if timeout_s is not None and timeout_s <= 0:
                return None
            queue.append(waiter)
            try:
                if host := await asyncio.wait_for(waiter.found, timeout_s):
                    return host
            except TimeoutError:
                if waiter.found.done() and not waiter.found.cancelled():  # in the same moment
                    return waiter.found.result()
            finally:
                if waiter in queue:
                    queue.remove(waiter)
        return None

    def _fit(self, waiter: _Waiter) -> Iterable[tuple[str, Seen]]:
        named = self.seen.items() if waiter.only is None else [(waiter.only, self.seen.get(waiter.only))]
        return [(host, seen) for host, seen in named if seen is not None and waiter.fits(host, seen)]

    def _give(self, shard: Shard, host: str) -> str:
        self.seen[host].shard = shard
        self.on_change(host, self.seen[host])
        return host

    def release(self, host: str) -> None:
        """Let a host have the next shard that waits for it, or for one of its class."""
        seen = self.seen[host]
        seen.shard = None
        for key in (host, f"class {seen.host_class}"):
            queue = self._waiting.get(key, deque())
            waiter = next((each for each in queue if each.fits(host, seen) and not each.found.done()), None)
            if waiter is not None and seen.here:
                queue.remove(waiter)
                waiter.found.set_result(self._give(waiter.shard, host))
                return
        self.on_change(host, seen)

    async def note_present(self, present: Mapping[str, str]) -> None:
        """Take note of the hosts that are here, by name, with their classes."""
        now = asyncio.get_running_loop().time()
        for host, host_class in present.items():
            self.seen.setdefault(host, Seen(host_class))
        for host, seen in self.seen.items():
            if seen.here != (host in present):
                seen.here, seen.left_at = host in present, now
                seen.host_class = present.get(host, seen.host_class)
                if seen.here and seen.shard is None:
                    self.release(host)
                else:
                    self.on_change(host, seen)
                    self._wake(host)
        async with self._moved:
            self._moved.notify_all()

    def _wake(self, host: str) -> None:
        """Have those look again who waited for a host that has gone."""
        for key in (host, f"class {self.seen[host].host_class}"):
            _release(self._waiting.get(key, ()))

    async def gone(self, host: str) -> None:
        """Return when a host has been away for longer than it is waited for."""
        seen = self.seen[host]
        async with self._moved:
            while True:
                await self._moved.wait_for(lambda: not seen.here)
                try:
                    await asyncio.wait_for(self._moved.wait_for(lambda: seen.here), self.patience_s)
                except TimeoutError:
                    return

    def give_up(self) -> None:
        """Let nobody wait any more."""
        self._over = True
        for queue in self._waiting.values():
            _release(queue)


def _release(waiters: Iterable[_Waiter]) -> None:
    for waiter in waiters:
        if not waiter.found.done():
            waiter.found.set_result("")
