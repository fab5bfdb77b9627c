"""`bench fleet run` and `bench fleet worker`: a plan's shards, carried out where Dask's scheduler reaches hosts."""

import argparse
import asyncio
import shlex
import subprocess
import sys
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from harness.commands import report
from harness.commands.parts.fleet_lines import FleetLines
from harness.commands.parts.numbers import finite
from harness.commands.parts.parser import refuse
from harness.commands.parts.roles import output
from harness.commands.parts.status import DONE, INVALID_TRIAL
from harness.fleet.environment import certificates_in, find_dask, packages
from harness.fleet.shard import ShardFile, read_plan
from harness.machine.caller import caller
from harness.machine.checkout import script
from harness.machine.privileges import require
from harness.machine.streams import say
from harness.recent import remember
from results.errors import BadInput
from results.fleet.file import Fleet, FleetWriter, read_fleet
from results.fleet.plans import reopen
from results.reports.forms.terminal import Console, draw

PATIENCE_S = 60.0
# What came of a worker does not matter: the scheduler may be back.
AGAIN_S = 2.0


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help="the folder that bench fleet plan made")
    parser.add_argument("--out", type=output, required=True, metavar="FILE", help="the fleet's result file")
    parser.add_argument("--resume", action="store_true", help="go on with that file: run what is not done in it")
    add_engine_options(parser)
    parser.add_argument("--quiet", action="store_true", help="say nothing of the hosts meanwhile")


def add_engine_options(parser: argparse._ActionsContainer) -> None:
    """Add where the hosts are, and how they are reached."""
    parser.add_argument(
        "--on", default="local", metavar="local|ssh:HOST,HOST…|tls://SCHEDULER",
        help="this machine; hosts by ssh, of which the first has the scheduler; or a scheduler (default: local)",
    )  # fmt: skip
    parser.add_argument(
        "--patience", type=finite, default=PATIENCE_S, metavar="S",
        help=f"how long a host may be away before its shards are lost (default: {PATIENCE_S:g})",
    )  # fmt: skip
    _add_of_host(parser)


def add_worker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scheduler", nargs="?", default="", metavar="tls://SCHEDULER", help="whose shards are run")
    _add_of_host(parser)
    parser.add_argument("--python", action="store_true", help="say how Python is started that has Dask")
    parser.add_argument("--once", action="store_true", help="end when the scheduler is gone")


def _add_of_host(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--host", default="", metavar="NAME", help="what the plan calls this host (default: its name)")
    parser.add_argument("--tls", type=Path, metavar="DIR", help="ca.pem, cert.pem and key.pem, for tls://")
    parser.add_argument("--folder", default="", metavar="DIR", help="where this host keeps shards and their results")


def run(arguments: argparse.Namespace) -> int:
    """Carry a plan out, and report it: with status 5 where a shard was lost or a trial invalid."""
    fleet = carry_out(arguments)
    draw(report.report_of(fleet)[0], Console())
    say(f"results: {arguments.out} (bench report {shlex.quote(str(arguments.out))})")
    return INVALID_TRIAL if fleet.lost or fleet.invalid else DONE


def carry_out(arguments: argparse.Namespace) -> Fleet:
    """Carry out what is not done of a plan, and read what its file then holds."""
    where, _, hosts = arguments.on.partition(":")
    named = hosts.split(",") if where == "ssh" else []
    certificates = certificates_in(arguments.tls) if where == "tls" else ()
    if not certificates and arguments.on != "local" and (len(named) < 2 or not all(named)):
        raise BadInput(f"--on {arguments.on}: it is local, ssh:SCHEDULER,HOST,HOST… or tls://SCHEDULER:PORT")
    if arguments.on == "local":
        refuse(arguments, "with --on local there is no host to wait for", "patience")
    else:
        refuse(arguments, "only for --on local, where this machine is the host", "host", "folder")
    if not certificates:
        refuse(arguments, "certificates are for --on tls://", "tls")
    files = read_plan(arguments.plan)
    if arguments.on == "local":
        require("kernel", "fleet", sys.argv[1:])
    find_dask()
    from harness.fleet import clusters  # noqa: PLC0415 - Dask, which takes long

    clusters.configure()
    cluster: AbstractAsyncContextManager[Any]
    patience_s = arguments.patience
    if certificates:
        cluster = clusters.at_scheduler(arguments.on, clusters.security_of(certificates))
    elif named:
        cluster = clusters.over_ssh(named)
    else:
        cluster, patience_s = clusters.embedded(arguments.host, arguments.folder), 0.0
    shards = [file.shard for file in files]
    with FleetWriter(arguments.out, shards, resume=arguments.resume) as writer:
        for again in reopen(writer):
            say(f"bench: {again}")
        with FleetLines(len(shards) - len(writer.done), quiet=arguments.quiet) as lines:
            asyncio.run(_carry_out(cluster, writer, files, patience_s, lines))
    remember(arguments.out, caller())
    return read_fleet(arguments.out)


async def _carry_out(
    cluster: AbstractAsyncContextManager[Any],
    writer: FleetWriter,
    files: tuple[ShardFile, ...],
    patience_s: float,
    lines: FleetLines,
) -> None:
    from harness.fleet.engine import Engine  # noqa: PLC0415 - as above

    async with cluster as client:
        await Engine(client, writer, files, patience_s=patience_s, on_change=lines.update).run()


def work(arguments: argparse.Namespace) -> int:
    """Run a worker until somebody ends it; where it loses its scheduler, another one begins."""
    if arguments.python:
        # Nobody's variables: whoever starts it by ssh has only what is said here.
        print(shlex.join(["env", f"PYTHONPATH={packages()}", sys.executable, "-P"]))
        return DONE
    if not arguments.scheduler.startswith("tls://"):
        raise BadInput(f"{arguments.scheduler or 'the scheduler'}: name it as tls://HOST:PORT")
    certificates = certificates_in(arguments.tls)
    find_dask()
    if arguments.once:
        from harness.fleet import clusters  # noqa: PLC0415 - Dask, which takes long

        clusters.configure()
        security = clusters.security_of(certificates)
        asyncio.run(clusters.work_for(arguments.scheduler, security, arguments.host, arguments.folder))
        return DONE
    while True:
        # A process of its own, since one that has lost its scheduler, or was killed, has to begin anew.
        words = [str(script()), *sys.argv[1:], "--once"]
        ended = subprocess.run(["setpriv", "--pdeathsig", "TERM", "--", *words], check=False)
        say(f"bench: the worker ended ({ended.returncode}); another one begins in {AGAIN_S:g} s")
        time.sleep(AGAIN_S)
