"""What a shard's plan is, and whether a session carried it out to its end."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from results.check.plan import Check, TooManyInvalid
from results.errors import BadInput
from results.file import read, result_lines
from results.fleet.file import FleetWriter, HostResult, read_fleet
from results.fleet.shard import Shard
from results.plan import replayed
from results.run import RunPlan
from results.session import Session
from results.trial import Trial


def plan_of(shard: Shard) -> RunPlan | Check:
    """Read what a shard's host is to carry out. Raises BadInput for what is no plan of a run, nor of a check."""
    try:
        if "check" in shard.plan:
            return Check.from_json(shard.plan)
        if "settings" in shard.plan:
            return RunPlan.from_json(shard.plan)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"the plan of shard {shard.number} is damaged: {error!r}") from error
    raise BadInput(f"shard {shard.number} is of a plan that no fleet carries out: {', '.join(shard.plan)}")


def is_whole(shard: Shard, trials: Sequence[Trial]) -> bool:
    """Tell whether these trials are all that a shard's plan asks for, none twice.

    Raises BadInput for those of another plan.
    """
    try:
        replayed(plan_of(shard), shard.seed, trials)
    except EOFError:
        return False
    except TooManyInvalid:  # which is an end, too
        return True
    return True


def merge(writer: FleetWriter, shards: Sequence[Shard], files: Iterable[Path]) -> list[str]:
    """Put the hosts' own result files into a fleet's; what is not done then is lost. Return what in them is of no use.

    Of two whole sessions of a shard, the one that ended first counts, whatever order the files come in. Raises BadInput
    for a file that holds a session of no shard of the plan.
    """
    by_id = {shard.id: shard for shard in shards}
    told: list[str] = []
    whole: list[tuple[str, str]] = []
    for path in files:
        held = read(path)
        told += [f"{path}, {problem}" for problem in held.problems]
        damaged = {problem.line for problem in held.problems}
        for number, raw in enumerate(result_lines(path), start=1):
            if raw.strip() and number not in damaged:
                writer.line(raw)
        for session in held.sessions:
            trials = sorted((one for one in held.trials if one.session == session.id), key=lambda one: one.number)
            try:
                ended = is_whole(by_id[session.plan["shard"]["id"]], trials)
            except BadInput as error:
                told.append(f"{path}, session {session.id}, does not count: {error}")
                continue
            if ended:
                whole.append((max((trial.started_at for trial in trials), default=""), session.id))
    for _, identity in sorted(whole):
        writer.finish(identity)
    for shard in shards:
        if shard.id not in writer.done:
            writer.lose(shard, shard.host, "none of the files holds a whole session of it")
    return told


def reopen(writer: FleetWriter) -> list[str]:
    """Take back that a shard is done of which something was damaged since; return which, and what it is."""
    told: list[str] = []
    for each in read_fleet(writer.path).hosts if writer.done else ():
        if each.shard.id in writer.done and (because := _damage(each)) is not None:
            writer.undo(each.shard, because)
            told.append(f"shard {each.shard.number} was done, and is to be done again: {because}")
    return told


def _damage(result: HostResult) -> str | None:
    try:
        prove(result)
    except BadInput as error:
        return str(error)
    return result.lost


def prove(result: HostResult) -> Session | None:
    """Hold a host's session against its shard and carry its plan out again; None for one that was lost.

    Raises BadInput where it is not what it claims to be.
    """
    if result.session is None:
        return None
    shard, (session,), trials = result.shard, result.session.sessions, result.session.trials
    name = f"session {session.id} of shard {shard.number}"
    told = dict(session.plan)
    del told["shard"]
    if told != shard.plan or session.seed != shard.seed:
        raise BadInput(f"{name} has another plan or seed than the shard")
    if shard.host not in (None, result.host) or shard.host_class not in (None, result.host_class):
        raise BadInput(f"{name} ran on {result.host} of class {result.host_class}, and the shard is for {shard.target}")
    for trial in trials:
        if trial.valid and (wrong := trial.ledger.imbalance()):
            raise BadInput(f"trial {trial.number} of {name} is stored as valid, but does not balance: {wrong[0]}")
    if not is_whole(shard, trials):
        raise BadInput(f"{name} is told to be done, and trials of its plan are missing")
    return session
