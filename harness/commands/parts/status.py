"""Exit statuses, and what each means."""

DONE, REGRESSED, BAD_INPUT, INCONCLUSIVE, CANNOT_RUN, INVALID_TRIAL = range(6)
INTERRUPTED, TERMINATED = 130, 143
READER_GONE = 141  # as a shell says of what SIGPIPE ended
# A fault of bench itself (EX_SOFTWARE of sysexits.h): Python's own status for that, 1, would read as a verdict.
FAULT = 70

MEANINGS = {
    DONE: "done, or passed",
    REGRESSED: "regressed, or a verdict worse than the expected one",
    BAD_INPUT: "bad usage or input: a word, an option or a file that cannot be used",
    INCONCLUSIVE: "inconclusive: too little was seen to say either",
    CANNOT_RUN: "this machine cannot; what is missing, and what cures it, is printed",
    INVALID_TRIAL: "a trial was invalid: its ledger does not balance, or a mode raised",
    FAULT: "a fault of bench itself",
    INTERRUPTED: "interrupted (Ctrl-C); results so far are kept",
    READER_GONE: "the reader of the output went away, as head does when it has enough",
    TERMINATED: "terminated; results so far are kept",
}


class Terminated(BaseException):
    """SIGTERM or SIGHUP, as an exception, so that it unwinds through every `with` as Ctrl-C does."""
