"""Where a fleet's engine runs: in this process, on hosts that ssh reaches, or at a scheduler that is there already."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import dask
from distributed import Client, Scheduler, Security, SSHCluster

from bpf.errors import CannotRun
from harness.fleet.environment import CERTIFICATES
from harness.fleet.worker import host_worker
from harness.machine.checkout import checkout, script


def configure() -> None:
    """Have Dask heed our settings and the environment's, and no file of anybody's home."""
    dask.config.refresh(paths=[str(Path(__file__).with_name("dask.yaml"))])
    for name in ("distributed", "distributed.client", "asyncssh"):  # what matters of it, the engine says itself
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def security_of(certificates: Sequence[Path]) -> Any:
    """Take an authority, a certificate and its key, for whichever role."""
    authority, certificate, key = map(str, certificates)
    roles = ("client", "scheduler", "worker")
    own = {f"tls_{role}_{what}": path for role in roles for what, path in (("cert", certificate), ("key", key))}
    return Security(require_encryption=True, tls_ca_file=authority, **own)


@asynccontextmanager
async def embedded(host: str, folder: str) -> AsyncIterator[Any]:
    """Be scheduler, worker and client in one process that nobody else reaches, and that does nothing by the clock."""
    async with Scheduler(protocol="inproc", dashboard_address="127.0.0.1:0") as scheduler:
        for callback in scheduler.periodic_callbacks.values():
            callback.stop()
        async with (
            host_worker(scheduler.address, host=host, folder=folder),
            Client(scheduler.address, asynchronous=True) as client,
        ):
            yield client


@asynccontextmanager
async def over_ssh(hosts: Sequence[str]) -> AsyncIterator[Any]:
    """Start a scheduler on the first host and a worker on each of the others, all of which end with the context.

    Each has this checkout, at the same place. Their certificates are made anew, in memory, and lie on the hosts in a
    folder that is the user's alone. Raises CannotRun for a host that cannot be reached, or has no such checkout.
    """
    folder = f".bench-fleet-{secrets.token_hex(8)}"
    security = Security.temporary()
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(_reached(host)) for host in hosts]
        for connection in connections:  # before anything is brought there: that may fail half-way
            stack.push_async_callback(connection.run, f"rm -rf {folder}")
        # All to their end: one that still wrote there while another failed would leave its key behind.
        ended = await asyncio.gather(*(_set_up(each, folder, security) for each in connections), return_exceptions=True)
        for each in ended:
            if isinstance(each, BaseException):
                raise each
        dask.config.set(_paths(folder))
        cluster = await SSHCluster(
            [host.rpartition("@")[2] for host in hosts],
            connect_options=[_user(host) for host in hosts],
            worker_class="harness.fleet.worker.host_worker",
            scheduler_options={"protocol": "tls", "dashboard_address": "127.0.0.1:0"},
            remote_python=list(ended),
            security=security,
            asynchronous=True,
        )
        await stack.enter_async_context(cluster)
        yield await stack.enter_async_context(Client(cluster, security=security, asynchronous=True))


def _user(host: str) -> dict[str, str]:
    user = host.rpartition("@")[0]
    return {"username": user} if user else {}


@asynccontextmanager
async def _reached(host: str) -> AsyncIterator[Any]:
    try:
        connection = await asyncssh.connect(host.rpartition("@")[2], **_user(host))
    except (OSError, asyncssh.Error) as error:
        raise CannotRun(f"{host} cannot be reached by ssh ({error})", f"see to it that `ssh {host}` works") from error
    async with connection:
        yield connection


async def _set_up(connection: Any, folder: str, security: Any) -> str:
    """Bring certificates to a host and have Dask installed there; return the words that start Python with it."""
    texts = (security.tls_ca_file, security.tls_client_cert, security.tls_client_key)
    for name, text in zip(CERTIFICATES, texts, strict=True):
        await connection.run(f"umask 077; mkdir -p {folder}; cat >{folder}/{name}", input=text, check=True)
    asked = await connection.run(f"{shlex.quote(str(script()))} fleet worker --python")
    if asked.exit_status:
        raise CannotRun(
            f"bench cannot be started there: {asked.stderr.strip()}",
            f"clone the commit of {checkout()} to the same place on each host",
        )
    return str(asked.stdout.strip())


def _paths(folder: str) -> Mapping[str, str]:
    """Tell those that ssh starts where their certificates lie; what stands in a command line all may read."""
    authority, certificate, key = (f"{folder}/{name}" for name in CERTIFICATES)
    roles = ("scheduler", "worker")
    own = {
        f"distributed.comm.tls.{role}.{what}": path
        for role in roles
        for what, path in (("cert", certificate), ("key", key))
    }
    return {"distributed.comm.tls.ca-file": authority, **own}


@asynccontextmanager
async def at_scheduler(address: str, security: Any) -> AsyncIterator[Any]:
    """Be a client of a scheduler. Raises CannotRun where none answers, or takes our certificate."""
    try:
        client = await Client(address, security=security, asynchronous=True)
    except OSError as error:
        raise CannotRun(f"no scheduler answers at {address} ({error})", "start one: docs/fleet.md") from error
    async with client:
        yield client


async def work_for(address: str, security: Any, host: str, folder: str) -> None:
    """Be a host's worker until the scheduler is gone."""
    async with host_worker(address, host=host, folder=folder, security=security) as worker:
        await worker.finished()
