"""Two fleets side by side: each host with itself, and over the hosts how many say the same, and how far they go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from results.compare import Compared, Judged, Verdict, compare_files
from results.errors import BadInput
from results.fleet.file import Fleet
from results.fleet.matrix import Host, hosts_of
from results.metrics import Metric
from results.scorecard.labels import apart, labels
from results.scorecard.report import report_of
from results.session import Difference
from results.statistics.spread import Spread, spread
from results.trial import Setting


@dataclass(frozen=True, slots=True)
class Number:
    """One metric of one variant: what each host says of it, B relative to A on that host."""

    label: str
    column: Metric
    judged: Mapping[str, Judged]

    def hosts(self, verdict: Verdict) -> int:
        """Count the hosts that say so."""
        return sum(each.verdict == verdict for each in self.judged.values())

    @property
    def shifts(self) -> Spread | None:
        """Summarise by order statistics what the hosts say; None where none has a ratio, or a difference."""
        return spread([each.shift.estimate for each in self.judged.values() if each.shift])


@dataclass(frozen=True, slots=True)
class FleetCompared:
    """Hosts that both fleets have, each compared with itself; `left_out` says of the others why they are not."""

    name_a: str
    name_b: str
    pairs: Mapping[str, Compared]
    left_out: Mapping[str, str]
    problems: tuple[str, ...]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Join what hosts say by its setting: the same label may be another's on a host that lacks one of them."""
        found: dict[tuple[Setting, Metric], dict[str, Judged]] = {}
        for host, compared in self.pairs.items():
            for judged in compared.judged:
                found.setdefault((judged.setting, judged.column), {})[host] = judged
        settings = list(dict.fromkeys(setting for setting, _ in found))
        named = labels(settings)
        names = dict(zip(settings, apart([named[each] for each in settings], settings), strict=True))
        return tuple(Number(names[setting], column, of_hosts) for (setting, column), of_hosts in found.items())

    @property
    def unlike(self) -> dict[str, tuple[Difference, ...]]:
        """The hosts of whose name the two fleets have different machines."""
        return {host: compared.unlike for host, compared in self.pairs.items() if compared.unlike}


def compare_fleets(a: Fleet, b: Fleet, margin: float | None) -> FleetCompared:
    """Compare two fleets' files. Raises BadInput for those of a check, and as `compare_hosts` does."""
    for each in (a, b):
        if "check" in each.plan:
            raise BadInput(f"{each.path} holds a check, which says itself what changed: bench report {each.path}")
    return compare_hosts(hosts_of(a), hosts_of(b), (str(a.path), str(b.path)), margin, (*a.problems, *b.problems))


def compare_hosts(
    a: Sequence[Host], b: Sequence[Host], names: tuple[str, str], margin: float | None, problems: Sequence[str] = ()
) -> FleetCompared:
    """Pair hosts by their names. Raises BadInput where no host is in both that could be compared."""
    of_a, of_b = ({host.name: host for host in hosts} for hosts in (a, b))
    left_out = dict.fromkeys(of_a.keys() - of_b.keys(), f"only in {names[0]}")
    left_out |= dict.fromkeys(of_b.keys() - of_a.keys(), f"only in {names[1]}")
    pairs: dict[str, Compared] = {}
    for name in (name for name in of_a if name in of_b):
        both = tuple(zip((of_a[name], of_b[name]), names, strict=True))
        if lost := [f"lost in {file}: {host.lost}" for host, file in both if host.lost is not None]:
            left_out[name] = "; ".join(lost)
            continue
        reports = [report_of([Path(file)], host.sessions, host.trials, []) for host, file in both]
        try:
            pairs[name] = compare_files(reports[0], reports[1], names, margin)
        except BadInput as error:
            left_out[name] = str(error)
    if not pairs:
        why = "; ".join(f"{name}: {because}" for name, because in sorted(left_out.items()))
        raise BadInput(f"nothing to compare: no host is in both fleets with all its trials ({why})")
    told = [f"{host}: {problem}" for host, compared in pairs.items() for problem in compared.problems]
    return FleetCompared(names[0], names[1], pairs, dict(sorted(left_out.items())), (*problems, *told))
