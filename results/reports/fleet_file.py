"""What is known of each shard of a fleet's file, once its session was held against it and computed again."""

from results.fleet.file import Fleet
from results.plan import failed
from results.reports.document import Bad, Cell, Document, Doubt, Good, Line, Sentence, Table, cells, titled


def fleet_file_document(fleet: Fleet) -> Document:
    """Say how many shards are there, whole, and of each who ran it and how many of its trials were invalid."""
    lines = []
    for each in fleet.hosts:
        trials = () if each.session is None else each.session.trials
        wrong = len(failed(trials))
        said = Bad(f"lost: {each.lost}") if each.lost else Bad("invalid trials") if wrong else Good("whole")
        row = (each.host or "", each.host_class or "", str(len(trials)), str(wrong))
        lines.append(Line(str(each.shard.number), (*cells(*row), Cell(said))))
    whole, extra = len(fleet.hosts) - len(fleet.lost), len(fleet.extras)
    counts = f"{whole} of {len(fleet.hosts)} shards of plan {fleet.plan_id} are here, each trial once"
    answer: list[Sentence] = [(Bad(counts) if fleet.lost or fleet.invalid else Good(counts),)]
    if extra:
        answer.append((Doubt(f"{extra} sessions more are whole and do not count: their shard was done before"),))
    headings = titled("host", "class", "trials", "invalid", "outcome", words=("host", "class", "outcome"))
    return Document(tuple(answer), (Table("shard", headings, tuple(lines)),))
