"""What a container keeps from root, although it is root."""

import os
from collections.abc import Iterator

from harness.doctor import Finding


def check() -> Iterator[Finding]:
    """Look for what the testbed needs and a container often denies; whether this is one does not matter."""
    if os.statvfs("/proc/sys").f_flag & os.ST_RDONLY:
        yield Finding(
            level="missing",
            what="/proc/sys is read-only: the testbed's settings cannot be made",
            cure="docker run --privileged; Kubernetes: securityContext.privileged: true",
        )
