"""The one exception of ours: what this machine cannot do, and what cures it."""


class CannotRun(Exception):
    """Raise when the machine lacks something; the command line prints it and exits with status 4.

    `what` names the step that failed and what is missing; `cure` is what to install, set or type.
    """

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}; {cure}")
        self.what = what
        self.cure = cure
