"""What this machine cannot do, and what cures it; and what of bcc's errors is no fault of ours."""

import contextlib
from collections.abc import Iterator


class CannotRun(Exception):
    """Raise when the machine lacks something; the command line prints it and exits with status 4.

    `what` names the step that failed and what is missing; `cure` is what to install, set or type.
    """

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}; {cure}")
        self.what = what
        self.cure = cure


def is_refusal(error: Exception) -> bool:
    """Tell what bcc and the kernel refuse (a bare Exception, an OSError) from a fault of ours, which is to stay one."""
    return type(error) is Exception or isinstance(error, OSError)


@contextlib.contextmanager
def refusal_named(step: str, cure: str) -> Iterator[None]:
    """Turn a refusal into CannotRun: which step, why, and the likely cure."""
    try:
        yield
    except Exception as error:
        if not is_refusal(error):
            raise
        raise CannotRun(f"cannot {step}: {error}", cure) from error
