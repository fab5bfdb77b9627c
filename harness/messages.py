"""What the processes of a trial tell each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from results.trial import Setting

DRAIN_DEADLINE_S = 20.0
"""How long a consumer may take for what is left in the ring once the load has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerSpec:
    """All that a consumer is told. `output_fd` is inherited; `tag` is hexadecimal, None: synthetic load only.

    `mode` is what to load; the setting's is what to call it, which differs where a check compares two trees.
    `without` names probes of the timed pass to leave out: `bench doctor --probes` measures their cost.
    The mode's own modules are looked for in `import_path` too; `tells_imports` asks what came from where.
    """

    setting: Setting
    mode: str
    tag: str | None
    cpu: int | None
    output_fd: int | None
    aggregate_entries: int = 16384
    without: tuple[str, ...] = ()
    import_path: tuple[str, ...] = ()
    tells_imports: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> ConsumerSpec:
        return cls(
            setting=Setting(**row["setting"]),
            mode=row["mode"],
            tag=row["tag"],
            cpu=row["cpu"],
            output_fd=row["output_fd"],
            aggregate_entries=row["aggregate_entries"],
            without=tuple(row["without"]),
            import_path=tuple(row["import_path"]),
            tells_imports=row["tells_imports"],
        )
