"""Root, or the capabilities that are really needed."""

from collections.abc import Iterator

from harness.doctor import AS_ROOT, Finding
from harness.machine.privileges import NEEDED, in_user_namespace, is_root, missing_capabilities


def check() -> Iterator[Finding]:
    """Look at what this process has or, when it is not root's, at what sudo could still give it."""
    missing = missing_capabilities()
    out_of_reach = missing if is_root() else missing_capabilities(of="CapBnd")
    if not missing:
        yield Finding(level="fine", what="all capabilities that are needed are there")
    elif not out_of_reach:
        yield Finding(level="unchecked", what="this is not root, and some checks are root's", cure=AS_ROOT)
    for name in out_of_reach:
        yield Finding(
            level="missing",
            what=f"{name} is not available here; it is needed for {NEEDED[name][1]}",
            cure=f"grant it to the container: docker run --cap-add {name}, or --privileged",
        )
    if in_user_namespace():
        yield Finding(
            level="missing",
            what="root here is only root in a user namespace, and the kernel does not let it load programs",
            cure="use a rootful container, or run outside of it",
        )
