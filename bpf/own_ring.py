"""The ring of a tool that loads its own program by bcc: read in batches, in place of `open_ring_buffer`.

docs/use-the-reader.md says how, and which files to take along.
"""

from bpf import syscalls
from bpf.btf import ProgramTypes
from bpf.channel import Take
from bpf.errors import CannotRun
from bpf.fields import by_types
from bpf.ring import Ring
from bpf.ring_runs import RingRuns, unordered


def open_ring_batches(ring_fd: int, described_fd: int, take: Take) -> RingRuns:
    """Open a ring by its map's descriptor; `consume()` of what is returned hands what waits to `take`.

    The other map's values are of the events' type, by which their fields are named. Raises CannotRun where Python
    cannot read a ring, or the kernel does not know the map's types, and BadInput for a field that numpy has not.
    """
    if (why := unordered()) is not None:
        raise CannotRun(why, "stay with open_ring_buffer")
    ring, described = syscalls.map_info(ring_fd), syscalls.map_info(described_fd)
    with ProgramTypes(described.btf) as types:
        return RingRuns(Ring(ring_fd, ring.entries), take, own=by_types(types, described.value_type))
