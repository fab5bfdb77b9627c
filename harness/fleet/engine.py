"""A fleet's plan carried out over Dask: each shard is given to a host, one at a time, until its session is whole."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from distributed import CancelledError, wait

from harness.fleet.hosts import Hosts, Seen
from harness.fleet.shard import ShardFile
from harness.fleet.task import BAD_INPUT, CLASS, HOST, TOPIC, WHOLE, carry_out
from results.errors import BadInput
from results.fleet.file import FleetWriter

# The same host goes on with what it began once more, before another one of its class does.
TRIES = 2
# Many workers come at once; the scheduler is asked for all of them together.
LOOK_S = 0.2
UNREACHED = "the connection to the scheduler broke"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended: with a whole session, or not, and why; `final` where the same host would end it the same way."""

    whole: bool = False
    because: str = ""
    final: bool = False


class Engine:
    """Gives shards to hosts and appends what they tell to the fleet's file.

    A host is given one shard at a time, since each death of a worker counts against all that wait for it. One that is
    not there is waited for `patience_s`. `on_change` hears of each host of which something new is known.
    """

    def __init__(
        self,
        client: Any,
        writer: FleetWriter,
        files: Sequence[ShardFile],
        *,
        patience_s: float,
        on_change: Callable[[str, Seen], None],
    ) -> None:
        self._client = client
        self._writer = writer
        self._files = {file.shard.id: file for file in files}
        self._hosts = Hosts(patience_s, writer.began_on, on_change)
        self._stale = asyncio.Event()
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._ended: dict[tuple[str, str], asyncio.Future[Outcome]] = {}
        self._broken = ""

    async def run(self) -> None:
        """Carry out what is not done; return when each shard is done or lost."""
        self._client.subscribe_topic(TOPIC, lambda event: self._events.put_nowait(event[1]))
        self._client.subscribe_topic("all", lambda event: self._workers_changed(event[1]))
        await self._look()
        helpers = [asyncio.ensure_future(each) for each in (self._hear(), self._watch())]
        due = [file for name, file in self._files.items() if name not in self._writer.done]
        settling = asyncio.ensure_future(asyncio.gather(*map(self._settle, due)))
        tasks: list[asyncio.Future[Any]] = [settling, *helpers]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for helper in helpers:
                if helper.done():
                    helper.result()  # its error
            await settling
        finally:
            for task in tasks:
                task.cancel()
            for topic in (TOPIC, "all"):
                self._client.unsubscribe_topic(topic)

    async def _settle(self, file: ShardFile) -> None:
        """Have a shard carried out, or say why it is lost. What a check began on a host is no other's to go on with."""
        shard, tried = file.shard, set[str]()
        host, outcome = shard.host, Outcome()
        while not outcome.whole and (taken := await self._hosts.take(shard, tried)) is not None:
            host = taken
            tried.add(host)
            for _ in range(TRIES):
                outcome = await self._try(file, host)
                if outcome.whole or outcome.final or self._broken:
                    break
            self._hosts.release(host)
        if not outcome.whole:
            because = outcome.because or self._broken or f"no {shard.target} came within {self._hosts.patience_s:g} s"
            self._writer.lose(shard, host, because)
            if host is not None:
                self._note(host, lost=because)

    async def _try(self, file: ShardFile, host: str) -> Outcome:
        """Have a host carry a shard out, or what is left of it."""
        name = file.shard.id
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._ended[name, host] = ended
        future = self._client.submit(
            carry_out, name, file.raw, file.signature,
            key=f"{name}-{secrets.token_hex(4)}", resources={f"{HOST}{host}": 1}, pure=False,
        )  # fmt: skip
        gone, over = asyncio.create_task(self._hosts.gone(host)), asyncio.create_task(_over(future))
        try:
            what: list[asyncio.Future[Any]] = [ended, gone, over]
            await asyncio.wait(what, return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                await self._events.join()  # what the host told went before
            if ended.done():
                return ended.result()
            if gone.done():
                return Outcome(
                    because=f"it went away, and did not come back within {self._hosts.patience_s:g} s", final=True
                )
            if future.status == "cancelled":
                return Outcome(because=self._break())
            if future.status == "error":
                return Outcome(because=str(await future.exception()))
            return Outcome(because="not all that it told arrived")
        finally:
            gone.cancel()
            over.cancel()
            future.release()

    def _break(self) -> str:
        self._broken = UNREACHED
        self._hosts.give_up()
        return UNREACHED

    def _workers_changed(self, event: dict[str, Any]) -> None:
        if event.get("action") in ("add-worker", "remove-worker"):
            self._stale.set()

    async def _watch(self) -> None:
        """Look again whenever some worker has come or gone."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            await self._look()
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        """Learn which hosts are there."""
        try:
            workers = (await self._client.scheduler.identity())["workers"].values()
        except OSError:
            self._break()
            return
        labels = [[*worker["resources"]] for worker in workers]
        here = {host: _labelled(CLASS, each) for each in labels if (host := _labelled(HOST, each))}
        await self._hosts.note_present(here)

    async def _hear(self) -> None:
        """Append the lines that hosts tell, of this plan's shards; another client's plan may be told beside it."""
        while True:
            event = await self._events.get()
            if event["shard"] in self._files:
                self._take_in(event["shard"], event["host"], event)
            self._events.task_done()

    def _take_in(self, name: str, host: str, event: dict[str, Any]) -> None:
        done = len(self._writer.done)
        try:
            fresh = [line for line in event.get("lines", ()) if self._writer.line(line.encode())]
            outcome = self._outcome(event)
        except BadInput as error:
            fresh, outcome = [], Outcome(because=f"what it told cannot be used: {error}", final=True)
        trials = sum(line.startswith('{"type":"trial"') for line in fresh)
        self._note(host, trials=trials, done=len(self._writer.done) - done, said=event.get("said", ""))
        ended = self._ended.get((name, host))
        if outcome is not None and ended is not None and not ended.done():
            ended.set_result(outcome)

    def _outcome(self, event: dict[str, Any]) -> Outcome | None:
        """Say how a try ended; None: it goes on."""
        status = event.get("status")
        if status is None:
            return None
        if status in WHOLE and event["session"]:
            self._writer.finish(event["session"])
            return Outcome(whole=True)
        return Outcome(because=event.get("said") or f"bench fleet shard ended with {status}", final=status == BAD_INPUT)

    def _note(self, host: str, *, trials: int = 0, done: int = 0, said: str = "", lost: str = "") -> None:
        """Keep what is new of a host, and tell it."""
        if (seen := self._hosts.seen.get(host)) is not None:
            seen.trials += trials
            seen.done += done
            seen.said = lost or said or seen.said
            seen.lost += bool(lost)
            self._hosts.on_change(host, seen)


async def _over(future: Any) -> None:
    """Wait until a task has ended in whatever way; its result is nothing that anyone fetches."""
    try:
        await wait([future])
    except CancelledError:
        return


def _labelled(kind: str, labels: Sequence[str]) -> str:
    return next((label.removeprefix(kind) for label in labels if label.startswith(kind)), "")
