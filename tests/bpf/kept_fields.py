"""A step that keeps the four fields of each record, for modes of tests."""

import numpy as np
import numpy.typing as npt


def keep_fields(record: np.void, fields: npt.NDArray[np.uint64], used: npt.NDArray[np.int64]) -> bool:
    """Add them behind what is kept; refuse a record that there is no room for."""
    if used[0] + 4 > len(fields):
        return True
    fields[used[0]] = record["timestamp"]
    fields[used[0] + 1] = record["location"]
    fields[used[0] + 2] = record["pid"]
    fields[used[0] + 3] = record["reason"]
    used[0] += 4
    return False
