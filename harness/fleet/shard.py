"""What a host asks of a shard before it runs any of it: who signed it, whom it is for, and whether all is here."""

import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bpf.channel import record_channels
from bpf.reader import reader_named
from harness.fleet.signing import ALLOWED_SIGNERS, signer
from harness.machine.checkout import checkout
from harness.machine.fingerprint import fingerprint
from harness.machine.git import Repository, git
from harness.probes.machine import Limits
from harness.probes.outside import Probing
from harness.tools.words import foreign_words
from modes import mode_names
from results.check.plan import Check
from results.errors import BadInput
from results.fleet.file import check_whole
from results.fleet.plans import plan_of
from results.fleet.shard import Shard, check_name, class_of, read_shard
from results.foreign import EXEC
from results.run import RunPlan
from results.trial import Setting
from traffic.discovery import own_files

# Those that harness/setup.sh makes an environment from, in its order.
_LOCKS = ("requirements.txt", "requirements-dev.txt")
# A plan of a thousand settings is a tenth of it; what is read as root is bounded.
_MOST_BYTES = 16 << 20

Planned = RunPlan | Check


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A shard as it lies in its plan's folder, with its signature where there is one."""

    path: Path
    raw: bytes
    signature: bytes | None
    shard: Shard


def read_file(path: Path) -> ShardFile:
    """Read a shard's file and the signature beside it. Raises BadInput naming the file."""
    raw, signature = _content(path)
    try:
        return ShardFile(path, raw, signature, read_shard(raw))
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def _content(path: Path) -> tuple[bytes, bytes | None]:
    signed = path.with_name(f"{path.name}.sig")
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        signature = signed.read_bytes() if signed.exists() else None
    except OSError as error:
        raise BadInput(f"cannot read {error.filename}: {error.strerror}") from error
    if len(raw) > _MOST_BYTES:
        raise BadInput(f"{path} is no shard: it is larger than {_MOST_BYTES >> 20} MiB")
    return raw, signature


def read_plan(folder: Path) -> tuple[ShardFile, ...]:
    """Read the shards of a plan, in their order. Raises BadInput where one is damaged, missing or another plan's."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder of a fleet's plan (bench fleet plan … --out {folder} makes one)")
    files = sorted((read_file(path) for path in folder.glob("*.json")), key=lambda file: file.shard.number)
    try:
        check_whole([file.shard for file in files])
    except BadInput as error:
        raise BadInput(f"{folder}: {error}; plan anew into a new folder") from error
    return tuple(files)


def this_host() -> str:
    """Name this machine as plans do that name none: "localhost" where it has no name, or none that they can hold."""
    name = platform.node().split(".")[0]
    try:
        check_name("host", name)
    except BadInput:  # the kernel says "(none)" of one that nobody has named, and takes any bytes
        return "localhost"
    return name


def tree() -> Repository:
    """Return the repository whose commit says all that runs: the one that holds this checkout, and all around it.

    As a submodule, bench is pinned by the repository around it, which may hold modes. Raises BadInput where there is
    none.
    """
    repository = Repository.holding(checkout())
    while repository is not None:
        around = os.fsdecode(git(repository.top, "rev-parse", "--show-superproject-working-tree").stdout).rstrip("\n")
        if not around:
            return repository
        repository = Repository.holding(Path(around))
    raise BadInput(f"{checkout()} is in no git repository, and a fleet's hosts tell by its commit what runs; clone it")


def clean_commit(repository: Repository) -> str:
    """Return the commit of a tree that does not differ from it. Raises BadInput for one that does, or has none."""
    commit = repository.commit("HEAD")
    if commit is None:
        raise BadInput(f"{repository.top} has no commit yet")
    if repository.changed:
        raise BadInput(
            f"the tree {repository.top} is dirty: files differ from its commit {commit[:12]}; "
            f"git -C {repository.top} status names them; commit them, or put them aside"
        )
    return commit


def lock() -> str:
    """Return the hash of the locks, by which this environment was made. Raises BadInput where it was made by others."""
    wanted = hashlib.sha256(b"".join((checkout() / name).read_bytes() for name in _LOCKS)).hexdigest()
    made = Path(sys.prefix) / "made-from"
    words = made.read_text(encoding="utf-8").split() if made.is_file() else []
    if wanted not in words:
        raise BadInput(
            f"the environment {sys.prefix} was made from another lock than {checkout() / _LOCKS[0]}; "
            f"start bench by {checkout() / 'bench'}, which makes it anew"
        )
    return wanted


def admit(path: Path, repository: Repository, *, host: str, allowed: Path | None = None) -> tuple[Shard, Planned]:
    """Return a shard and its plan, or refuse what this host may not run: BadInput that names why, and the cure.

    `allowed` is a list of signers more, beside the machine's own where there is one: it only makes this stricter. The
    current folder is the top of the repository, from where files of its commit are named.
    """
    raw, signature = _content(path)
    try:
        lists = [each for each in (ALLOWED_SIGNERS, allowed) if each is not None]
        if not os.path.lexists(ALLOWED_SIGNERS):  # a link that leads nowhere is a list that names nobody
            lists.remove(ALLOWED_SIGNERS)
        for each in lists:  # before what was signed is looked into
            signer(raw, signature, each)
        shard = read_shard(raw)
        if shard.expires <= datetime.now(UTC):
            raise BadInput(f"it expired at {shard.expires_at}; plan anew")
        _refuse_other_host(shard, host)
        _refuse_other_tree(shard, repository)
        if shard.lock != (own := lock()):
            raise BadInput(
                f"it was planned with another lock ({shard.lock[:12]}, and this environment's is {own[:12]}); plan anew"
            )
        plan = plan_of(shard)
        refuse_what_no_commit_holds(settings_of(plan), repository, signed=bool(lists))
        _refuse_what_cannot_run_here(settings_of(plan))
    except BadInput as error:
        raise BadInput(f"shard {path} is refused: {error}") from error
    return shard, plan


def _refuse_other_host(shard: Shard, host: str) -> None:
    check_name("--host", host)
    if shard.host is not None and shard.host != host:
        raise BadInput(f"it is for host {shard.host}, and this is {host}; if it is the same, say --host {shard.host}")
    if shard.host_class is not None and shard.host_class != (own := class_of(fingerprint())):
        raise BadInput(f"it is for a host of class {shard.host_class}, and this one is of class {own}")


def _refuse_other_tree(shard: Shard, repository: Repository) -> None:
    commit = repository.commit("HEAD")
    if commit != shard.commit:
        raise BadInput(
            f"it is for commit {shard.commit[:12]}, and {repository.top} is at {(commit or 'none')[:12]}; "
            f"type: git -C {repository.top} checkout {shard.commit}"
        )
    clean_commit(repository)


def settings_of(plan: Planned) -> tuple[Setting, ...]:
    """List all that a plan may run."""
    if isinstance(plan, RunPlan):
        return plan.settings
    return tuple(setting for one in (*plan.comparisons, *(plan.sampled or ())) for setting in (one.a, one.b))


def refuse_what_no_commit_holds(settings: Sequence[Setting], repository: Repository, *, signed: bool) -> None:
    """Raise BadInput for code that is no file of the commit, named from the top of its tree.

    Commands and programs of one's own do as root what they like, so that only a signature lets them.
    """
    for setting in dict.fromkeys(settings):
        if setting.python is not None:
            raise BadInput(f"a fleet's consumers run with bench's own Python, and not with {setting.python}")
        for named, file, free in _own_code(setting):
            if free and not signed:
                raise BadInput(f"{named} runs only from a signed plan; sign it (bench fleet plan … --sign KEY)")
            _refuse_unless_in(repository, named, file)


def _refuse_what_cannot_run_here(settings: Sequence[Setting]) -> None:
    """Raise BadInput for what another machine could plan, and this one cannot do."""
    cpus, channels = len(os.sched_getaffinity(0)), record_channels()
    for setting in settings:
        if setting.producers > cpus:
            raise BadInput(f"it sends from {setting.producers} CPUs at once, and here are {cpus}; plan for it apart")
        if setting.ring_size_bytes is not None:
            if setting.channel not in channels:
                raise BadInput(f"channel {setting.channel!r} is none of {', '.join(channels)}")
            if (why := channels[setting.channel].unsupported()) is not None:
                raise BadInput(why)
        if setting.reader is not None and (why := reader_named(setting.reader).unsupported()) is not None:
            raise BadInput(why)
        drains = setting.trial_kind == "drain"
        if (setting.drain_records is None) == drains or (setting.duration_s is None) != drains:
            raise BadInput("a load trial has a duration, and a drain trial a number of records; it has another")
        if drains and setting.pass_ == "latency":
            raise BadInput("a drain trial has no latency pass")


def _own_code(setting: Setting) -> Iterator[tuple[str, str, bool]]:
    """Yield what of a setting is none of bench's own files: as it was named, its file, and whether it is free as root.

    A mode or traffic is held to its part by bench; a command or a program does what it likes.
    """
    if setting.mode.startswith(EXEC):
        word = foreign_words(setting.mode)[0]
        yield f"--mode {EXEC}{word}", word, True
    elif setting.mode not in mode_names():
        yield f"--mode {setting.mode}", setting.mode, False
    if setting.program is not None:
        yield f"--program {setting.program}", setting.program, True
    for file in own_files(setting.traffic):
        yield f"--traffic {file}", file, False


def _refuse_unless_in(repository: Repository, named: str, name: str) -> None:
    if not Path.cwd().samefile(repository.top):
        raise BadInput(f"{named}: a fleet's files are named from {repository.top}; type the command there")
    if not name.isprintable():  # of which the kernel, or a terminal, would make something else
        raise BadInput(f"{named!a} names no file")
    file = (repository.top / name).resolve()
    if Path(name).is_absolute() or not file.is_file() or not repository.tracks(file):
        raise BadInput(
            f"{named} is no file of the commit of {repository.top}, and all that a fleet runs is: add it there "
            "(git add, git commit), and name its file as it is called from there"
        )


def told(probing: Probing) -> dict[str, float]:
    """Say as data what the probes look for."""
    return {**asdict(probing.limits), "timeline_step_s": probing.timeline_step_s}


def probing_of(shard: Shard) -> Probing:
    """Read what the probes of a shard look for. Raises BadInput."""
    said = dict(shard.probing)
    try:
        return Probing(timeline_step_s=said.pop("timeline_step_s"), limits=Limits(**said))
    except (KeyError, TypeError) as error:
        raise BadInput(f"its probing is damaged: {error}") from error
