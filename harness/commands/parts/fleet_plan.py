"""bench fleet plan: part what is asked into shards, one for each host, and sign them."""

import argparse
import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.commands import run
from harness.commands.parts import options
from harness.commands.parts.numbers import typed
from harness.commands.parts.status import DONE
from harness.fleet.shard import (
    Planned,
    clean_commit,
    lock,
    refuse_what_no_commit_holds,
    settings_of,
    this_host,
    told,
    tree,
)
from harness.fleet.signing import sign
from harness.machine.caller import caller, make_folder
from harness.machine.streams import say
from harness.session import check_seed
from results import units
from results.errors import BadInput
from results.fleet.shard import Shard, check_name, seed_for
from results.output import write_file

LONGEST_H = 24 * 366
MOST_SHARDS = 100_000


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `bench run`, and whom it is for."""
    run.add_plan_options(parser)
    options.add_session_options(parser, "all random orders", retries="--trials", resumes=False)
    options.add_probe_options(parser)
    add_fleet_options(parser)


def add_fleet_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the fleet")
    group.add_argument(
        "--hosts", type=typed(_hosts), default=(), metavar="NAME[,NAME…]",
        help="a shard for each of these hosts (default: this one)",
    )  # fmt: skip
    group.add_argument(
        "--classes", type=typed(_classes), default=(), metavar="CLASS:N[,CLASS:N…]",
        help="N shards for whichever hosts of a class; bench fleet host prints a host's",
    )  # fmt: skip
    group.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the shards go: a new folder")
    group.add_argument(
        "--sign", type=Path, metavar="KEY", help="sign each with a key of ssh's, as ssh-keygen -Y sign does"
    )
    group.add_argument(
        "--expires", type=typed(_expiry), default=7 * 86_400.0, metavar="TIME",
        help="for how long hosts accept them: 30m, 12h (default: 168h)",
    )  # fmt: skip


def write_run(arguments: argparse.Namespace) -> int:
    """Write the shards of what `bench run` would do here, for other hosts; its options are the same."""
    return write(arguments, run.plan_of(arguments))


def write(arguments: argparse.Namespace, plan: Planned, against: str | None = None) -> int:
    """Write the shards of a plan, and their signatures. Raises BadInput for what no host would accept."""
    repository = tree()
    commit, locked = clean_commit(repository), lock()
    refuse_what_no_commit_holds(settings_of(plan), repository, signed=arguments.sign is not None)
    check_seed(arguments.seed)
    seed = secrets.randbelow(1 << 31) if arguments.seed is None else arguments.seed
    now = datetime.now(UTC)
    plan_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    row, probing = json.loads(json.dumps(plan.to_json())), told(options.probing_of(arguments))
    targets = list(_targets(arguments))
    shards = [
        Shard(
            plan_id=plan_id,
            number=number,
            of=len(targets),
            host=host,
            host_class=host_class,
            commit=commit,
            lock=locked,
            plan=row,
            against=against,
            probing=probing,
            seed=seed_for(seed, name),
            expires_at=(now + timedelta(seconds=arguments.expires)).isoformat(timespec="seconds"),
        )
        for number, (name, host, host_class) in enumerate(targets, start=1)
    ]
    _write(shards, arguments.out, arguments.sign)
    number = "a shard" if len(shards) == 1 else f"{len(shards)} shards"
    signed = "signed" if arguments.sign else "not signed"
    until = shards[0].expires_at
    say(f"bench: plan {plan_id}: {number} of commit {commit[:12]}, seed {seed}, {signed}, good until {until}")
    return DONE


def _write(shards: Sequence[Shard], folder: Path, key: Path | None) -> None:
    """Write each shard, and beside it its signature. Raises BadInput for a folder that holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"--out {folder} is there, and not an empty folder; name a new one")
    files: dict[str, bytes] = {}
    for shard in shards:
        name = f"{shard.number}.json"
        files[name] = json.dumps(shard.to_json(), indent=1).encode() + b"\n"
        if key is not None:
            files[f"{name}.sig"] = sign(files[name], key)
    try:
        make_folder(folder, caller())
    except OSError as error:
        raise BadInput(f"--out {folder} cannot be made: {error.strerror}") from error
    for name, content in files.items():
        write_file(folder / name, content)


def _targets(arguments: argparse.Namespace) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield for whom a shard each is: a name that is its own, and the host or the class."""
    if not arguments.hosts and not arguments.classes:
        yield this_host(), this_host(), None
    yield from ((host, host, None) for host in arguments.hosts)
    for name, number in arguments.classes:
        yield from ((f"{name} {each}", None, name) for each in range(1, number + 1))


def _hosts(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        check_name("host", name)
        if names.count(name) > 1:
            raise BadInput(f"host {name} is named twice; a host has one shard of a plan")
    return names


def _classes(text: str) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = part.strip().rpartition(":")
        check_name("class", name)
        if name in found:
            raise BadInput(f"class {name} is named twice")
        found[name] = units.read_whole(number)
        if not 1 <= found[name] <= MOST_SHARDS:
            raise BadInput(f"class {name}: 1 to {MOST_SHARDS} shards, not {number}")
    return tuple(found.items())


def _expiry(text: str) -> float:
    """Read for how long a plan is good. Raises BadInput."""
    seconds = units.read_duration(text)
    if not 0 < seconds <= LONGEST_H * 3600:
        raise BadInput(f"a plan is good for a time above 0, at most {LONGEST_H}h (a year)")
    return seconds
