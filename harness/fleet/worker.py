"""What runs on a host: a worker of Dask that starts `bench fleet shard`, tells each line of its file, and is silent.

Nothing of a plan is run in here: the shard's own command verifies what it is given, whoever brings it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from distributed import Status, Worker
from distributed.diagnostics.plugin import WorkerPlugin

from harness.fleet.growing import GrowingFile
from harness.fleet.shard import this_host
from harness.fleet.task import BAD_INPUT, CLASS, HOST, PLUGIN, TOPIC, WHOLE
from harness.machine.caller import caller
from harness.machine.checkout import script
from harness.machine.fingerprint import fingerprint
from harness.recent import state_folder
from results.fleet.shard import class_of


def host_worker(scheduler: str, *, host: str = "", folder: str = "", **more: Any) -> Any:
    """Make the worker of this host, which keeps its shards in a folder. There is one of its name at a time."""
    host, kept = host or this_host(), Path(folder) if folder else state_folder(caller()) / "fleet"
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Worker(
        scheduler,
        name=host,
        nthreads=1,
        memory_limit=0,
        resources={f"{HOST}{host}": 1, f"{CLASS}{class_of(fingerprint())}": 1},
        plugins=(Host(kept.resolve()),),
        local_directory=str(kept.resolve()),
        dashboard_address="127.0.0.1:0",
        **more,
    )


class Host(WorkerPlugin):  # type: ignore[misc] # Dask has no types here
    """Keeps shards and their result files, and runs one at a time: also where two engines reach the host."""

    name = PLUGIN

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: subprocess.Popen[str] | None = None

    def setup(self, worker: Any) -> None:
        self._worker = worker

    def teardown(self, worker: Any) -> None:  # noqa: ARG002 - Dask's
        """End what runs, since nobody hears of it any more; what was measured is kept, and gone on with."""
        if self._running is not None:
            with contextlib.suppress(PermissionError):  # root's, by sudo: its lock keeps the host until it has ended
                self._running.terminate()

    def carry_out(self, name: str, shard: bytes, signature: bytes | None) -> None:
        """Run a shard, or what is left of it, and tell all lines of its result file, those of earlier tries too."""
        path, lines = self._folder / f"{name}.json", GrowingFile(self._folder / f"{name}.jsonl")
        with (self._folder / "lock").open("a") as lock, silent(self._worker):
            # What is started inherits the lock, and keeps the host even when this worker is killed.
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._tell(name, lines=lines.new())
            whole = path.with_suffix(".whole")
            if whole.exists():
                self._tell(name, **json.loads(whole.read_bytes()))
                return
            path.write_bytes(shard)
            if signature is not None:
                path.with_name(f"{path.name}.sig").write_bytes(signature)
            status, said = self._run(name, path, lines, lock, *(("--resume",) if lines.session else ()))
            if status == BAD_INPUT and lines.session:  # what was begun cannot be gone on with: after a reboot, say
                status, said = self._run(name, path, lines, lock)
            told = {"said": said, "status": status, "session": lines.session}
            self._tell(name, **told)
            if status in WHOLE:
                new = whole.with_suffix(".new")
                new.write_text(json.dumps(told), encoding="utf-8")
                new.replace(whole)  # also on a disk that is full, it is whole or is not there

    def _run(self, name: str, path: Path, lines: GrowingFile, lock: IO[str], *more: str) -> tuple[int, str]:
        """Start the shard's own command, and tell what it says and writes; return its status and its last words."""
        words = [str(path), "--out", str(lines.path), "--host", self._worker.name, "--engine", str(os.getpid()), *more]
        said = ""
        with subprocess.Popen(
            [*_as_root(), str(script()), "fleet", "shard", *words],
            stdin=lock, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
        ) as self._running:  # fmt: skip
            assert self._running.stderr is not None
            # A line is said as a trial begins, when that of the one before is written: nothing wakes us in between.
            for word in self._running.stderr:
                said = word.strip() or said
                self._tell(name, lines=lines.new(), said=said)
        self._tell(name, lines=lines.new())
        return self._running.returncode, said

    def _tell(self, name: str, **what: object) -> None:
        """Say something as an event: a task's result would have to be fetched, through whatever is in between."""
        self._worker.log_event(TOPIC, {"shard": name, "host": self._worker.name, **what})


def _as_root() -> list[str]:
    """Say how a command is run as root, so that it ends with us where the kernel can see to that."""
    return ["setpriv", "--pdeathsig", "TERM", "--"] if os.geteuid() == 0 else ["sudo", "-n", "--"]


@contextlib.contextmanager
def silent(worker: Any) -> Iterator[None]:
    """Have the worker do nothing by the clock: the scheduler is told to bear that (dask.yaml)."""

    def stop() -> None:
        for callback in worker.periodic_callbacks.values():
            callback.stop()

    def start() -> None:
        if worker.status == Status.running:
            worker.start_periodic_callbacks()

    worker.loop.add_callback(stop)
    try:
        yield
    finally:
        worker.loop.add_callback(start)
