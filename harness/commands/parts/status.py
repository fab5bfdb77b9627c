"""Exit statuses, as README and docs/design.md tell them."""

DONE, REGRESSED, BAD_INPUT, INCONCLUSIVE, CANNOT_RUN, INVALID_TRIAL = range(6)
INTERRUPTED, TERMINATED = 130, 143
READER_GONE = 141  # as a shell says of what SIGPIPE ended
# A fault of bench itself (EX_SOFTWARE of sysexits.h): Python's own status for that, 1, would read as a verdict.
FAULT = 70


class Terminated(BaseException):
    """SIGTERM or SIGHUP, as an exception, so that it unwinds through every `with` as Ctrl-C does."""
