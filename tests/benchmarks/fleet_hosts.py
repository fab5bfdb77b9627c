"""How many hosts one scheduler bears: python -m tests.benchmarks.fleet_hosts [HOSTS …] >docs/results/fleet-hosts.txt

For each number, so many workers are faked by one process, each with a connection by TLS and a thread of its own. Six
shards for each are given out by the real engine, whose lines go into a real file. A shard is slept for five seconds:
what is seen is what the scheduler and the engine need, and how long all of it takes beside the thirty seconds of work.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from harness.fleet.environment import CERTIFICATES, ENVIRONMENT, certificates_in, find_dask, packages
from harness.fleet.shard import ShardFile
from results.fleet.file import FleetWriter, read_fleet
from results.fleet.shard import Shard
from tests.kernel.harness.fleet.lab import certificates

CHECKOUT = Path(__file__).resolve().parents[2]
HOSTS = (100, 500, 1000)
SHARDS, SECONDS = 6, 5.0
CLASS = "faked"
PORT = 8799
REGISTERED_S = 600.0
EXAMPLE = CHECKOUT / "docs/results/all-modes.jsonl"


def fake(number: int, address: str, tls: Path, folder: Path) -> None:
    """Be so many hosts until the scheduler is gone."""
    from harness.fleet import clusters, worker  # noqa: PLC0415 - Dask

    session, trial = (json.loads(line) for line in EXAMPLE.read_text().splitlines()[:2])

    class Sleeper(worker.Host):  # type: ignore[misc] # Dask has no types here
        """Sleeps, and tells a session of one trial."""

        def carry_out(self, name: str, shard: bytes, signature: bytes | None) -> None:  # noqa: ARG002 - as the host's
            with worker.silent(self._worker):
                time.sleep(SECONDS)
            about = {"id": name, "plan_id": "", "number": 1, "of": 1, "host": self._worker.name}
            own = {**session, "id": f"of-{name}", "plan": {"shard": about}}
            lines = [json.dumps(row) for row in (own, {**trial, "session": own["id"]})]
            self._tell(name, lines=lines, status=0, session=own["id"])

    worker.Host = Sleeper  # type: ignore[misc] # what the workers below are made with
    worker.fingerprint, worker.class_of = dict, lambda _host: CLASS
    clusters.configure()
    security = clusters.security_of(certificates_in(tls))

    async def be_all() -> None:
        each = [clusters.work_for(address, security, f"host-{i}", str(folder / f"{i}")) for i in range(number)]
        await asyncio.gather(*each)

    asyncio.run(be_all())


async def measure(number: int, address: str, tls: Path, folder: Path, scheduler: psutil.Process) -> str:
    from harness.fleet import clusters  # noqa: PLC0415 - Dask
    from harness.fleet.engine import Engine  # noqa: PLC0415 - as above

    files = [_shard(each, number * SHARDS) for each in range(1, number * SHARDS + 1)]
    began = time.monotonic()
    async with clusters.at_scheduler(address, clusters.security_of(certificates_in(tls))) as client:
        while len((await client.scheduler.identity())["workers"]) < number:
            assert time.monotonic() - began < REGISTERED_S, f"{number} hosts did not register in {REGISTERED_S:g} s"
            await asyncio.sleep(0.5)
        registered_s, began = time.monotonic() - began, time.monotonic()
        before_s, own_before_s = _cpu_s(scheduler), _cpu_s(psutil.Process())
        with FleetWriter(folder / "fleet.jsonl", [file.shard for file in files]) as writer:
            await Engine(client, writer, files, patience_s=60, on_change=lambda _host, _seen: None).run()
        took_s = time.monotonic() - began
        spent_s, own_s = _cpu_s(scheduler) - before_s, _cpu_s(psutil.Process()) - own_before_s
        memory = scheduler.memory_info().rss
    fleet = read_fleet(folder / "fleet.jsonl")
    assert (fleet.lost, fleet.extras) == ((), ())
    return (
        f"{number:5,} hosts: registered in {registered_s:5.1f} s; {len(files):6,} shards, {SHARDS * SECONDS:g} s of"
        f" work on each host, in {took_s:5.1f} s; CPU a shard: scheduler {spent_s / len(files) * 1e3:4.1f} ms,"
        f" engine {own_s / len(files) * 1e3:4.1f} ms; the scheduler's memory {memory >> 20:,} MiB"
    )


def _shard(number: int, of: int) -> ShardFile:
    made = Shard(
        plan_id="simulated",
        number=number,
        of=of,
        host_class=CLASS,
        commit="0" * 40,
        lock="0" * 64,
        plan={"settings": [], "trials": 1, "retries": 0},
        probing={},
        seed=number,
        expires_at="2100-01-01T00:00:00+00:00",
    )
    return ShardFile(Path(f"{number}.json"), json.dumps(made.to_json()).encode(), None, made)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def start(*words: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DASK_CONFIG": str(CHECKOUT / "harness/fleet/dask.yaml")}
    return subprocess.Popen([sys.executable, *map(str, words)], stderr=subprocess.DEVNULL, env=environment)


def simulate(number: int) -> str:
    address = f"tls://127.0.0.1:{PORT}"
    with tempfile.TemporaryDirectory() as name, ExitStack() as started:
        folder = Path(name)
        tls = certificates(folder / "tls")
        authority, certificate, key = (tls / each for each in CERTIFICATES)
        options = ("--protocol", "tls", "--host", "127.0.0.1", "--port", PORT, "--dashboard-address", "127.0.0.1:0")
        keys = ("--tls-ca-file", authority, "--tls-cert", certificate, "--tls-key", key)
        scheduler = start("-m", "distributed.cli.dask_scheduler", *options, *keys)
        started.callback(scheduler.wait)
        started.callback(scheduler.kill)
        hosts = start("-m", "tests.benchmarks.fleet_hosts", "--fake", number, address, tls, folder)
        started.callback(hosts.wait)
        started.callback(hosts.kill)
        return asyncio.run(measure(number, address, tls, folder, psutil.Process(scheduler.pid)))


def main(words: list[str]) -> None:
    os.environ["PYTHONPATH"] = f"{CHECKOUT}:{packages()}"
    find_dask()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if words[:1] == ["--fake"]:
        fake(int(words[1]), words[2], *map(Path, words[3:]))
        return
    print(f"{ENVIRONMENT}: a scheduler, an engine and all hosts on one machine of {os.cpu_count()} CPUs", flush=True)
    for number in map(int, words or HOSTS):
        print(simulate(number), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
