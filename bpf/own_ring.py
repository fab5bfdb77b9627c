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
from results.errors import BadInput


def open_ring_batches(ring_fd: int, described_fd: int, take: Take) -> RingRuns:
    """Open a ring by its map's descriptor; `consume()` of what is returned hands what waits to `take`.

    The other map's values are of the events' type, by which their fields are named. Raises CannotRun where Python
    cannot read a ring, and BadInput for a map that names no struct, or one with a field that numpy has not.
    """
    if (why := unordered()) is not None:
        raise CannotRun(why, "stay with open_ring_buffer")
    ring, described = syscalls.map_info(ring_fd), syscalls.map_info(described_fd)
    if not described.value_type:
        raise BadInput("the map tells no type of its values; one that does is BPF_ARRAY(described, struct event, 1)")
    with ProgramTypes(described.btf) as types:
        return RingRuns(Ring(ring_fd, ring.entries), take, own=by_types(types, described.value_type))
