"""The command line: finds the command, and turns what went wrong into one line and an exit status."""

import sys
import traceback

try:
    from harness.machine import streams

    streams.take_descriptors()

    import argparse
    import errno
    import itertools
    import os
    import signal
    import threading
    from pathlib import Path
    from types import FrameType
    from typing import NoReturn

    from bpf.errors import CannotRun
    from harness.commands.parts.commands import command, command_names, summary
    from harness.commands.parts.parser import Parser
    from harness.commands.parts.roles import check_roles, settle_results
    from harness.commands.parts.status import (
        BAD_INPUT,
        CANNOT_RUN,
        DONE,
        FAULT,
        INTERRUPTED,
        READER_GONE,
        TERMINATED,
        Terminated,
    )
    from harness.machine.checkout import VERSION, launcher
    from harness.machine.privileges import require
    from harness.machine.tracefs import bring_tracefs
    from harness.machine.user_path import search, user_path
    from results.errors import BadInput, unknown
except Exception:  # a broken environment; Python's own status for that, 1, would read as a verdict
    traceback.print_exc()
    sys.exit(70)


def main(argv: list[str]) -> int:
    """Run one command; return the exit status that the README documents."""
    _look_in_roots_folders()
    earlier = {number: signal.getsignal(number) for number in _ENDING}
    try:
        streams.prepare()
        for number, handler in earlier.items():
            if handler is not signal.SIG_IGN:  # nohup's, or that of a script's `&`
                signal.signal(number, _end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # the launcher held it back
        return _status(argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Terminated:
        return TERMINATED
    finally:
        streams.give_up()
        for number, handler in earlier.items():
            if signal.getsignal(number) is not signal.SIG_IGN:  # one that has come is not answered twice
                signal.signal(number, handler)


def _status(argv: list[str]) -> int:
    try:
        try:
            status = _dispatch(argv)
        except SystemExit as ended:  # argparse has printed its help, or what it will not take
            if ended.code not in (DONE, BAD_INPUT):
                raise RuntimeError(f"something ended bench with {ended.code!r}") from ended
            sys.stdout.flush()
            raise
        sys.stdout.flush()
        return status
    except CannotRun as error:
        streams.last_word(f"bench: {error}")
        return CANNOT_RUN
    except BadInput as error:
        streams.last_word(f"bench: {error}")
        return BAD_INPUT
    except BrokenPipeError:  # `bench ... | head` has all it wanted
        return READER_GONE
    except OSError as error:  # a disk that is full, a file system that went away
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{error} ({Path(place.filename).name}:{place.lineno})"
        closed = "stdout is closed, and nothing can be printed"
        streams.last_word(f"bench: {closed if error.errno == errno.EBADF else said}")
        return CANNOT_RUN
    except Exception:
        streams.last_word(*traceback.format_exc().rstrip().split("\n"))
        return FAULT


def _look_in_roots_folders() -> None:
    """Find nft and its like wherever this was started from, as the launcher does (harness/setup.sh)."""
    folders = (os.environ.get("PATH") or os.defpath).split(":")
    added = [folder for folder in ("/usr/local/sbin", "/usr/sbin", "/sbin") if folder not in folders]
    os.environ["PATH"] = ":".join([*folders, *added])


def _dispatch(argv: list[str]) -> int:
    parser = Parser(prog="bench", description="Benchmark consumers of eBPF events.", add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="version", version=f"bench {VERSION}")
    parser.add_argument("command", nargs="?")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.refuse_unknown_options([*itertools.takewhile(lambda word: word.startswith("-"), argv)])
    words = parser.parse_args(argv)
    if words.command is None:
        _print_overview(all_of_them=words.help)
        return DONE if words.help else BAD_INPUT
    names = command_names()
    if words.command not in names:
        raise unknown(f"no command '{words.command}'", words.command, names, "see bench --help")
    search(user_path())
    module, parser = command(words.command)
    for word in words.rest:
        if word.startswith("--") and word.endswith("=--"):  # argparse before Python 3.13 makes an empty list of it
            raise BadInput(f"{word} gives no value")
    parser.refuse_unknown_options(words.rest)
    arguments = parser.parse_args((["--help"] if words.help else []) + words.rest)
    settle_results(parser, arguments)
    check_roles(parser, arguments)
    needs = vars(arguments).get("needs", module.NEEDS)  # its part's, where it has parts
    require(needs, words.command, argv)
    if needs == "kernel":
        bring_tracefs()
    return int(module.run(arguments))


# What one needs first, in the order in which one does.
_FIRST = ("doctor", "run", "report", "watch", "check")


def _print_overview(*, all_of_them: bool) -> None:
    print("usage: bench COMMAND [OPTIONS]   (bench COMMAND --help tells more)\n")
    others = [name for name in command_names() if name not in _FIRST]
    for names in (_FIRST, others) if all_of_them else (_FIRST,):
        print(*(f"  {name:<10} {summary(name)}" for name in names), "", sep="\n")
    if not all_of_them:
        print(f"Begin with: {launcher()} run --mode file\n{len(others)} more are listed by: {launcher()} --help")


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _end(received: int, _frame: FrameType | None) -> NoReturn:
    """Unwind, and let no impatient second signal disturb the clearing up, nor a pipe that nobody reads hold it."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    streams.drop_unread(streams.PATIENCE_S)
    raise KeyboardInterrupt if received == signal.SIGINT else Terminated


if __name__ == "__main__":
    status = main(sys.argv[1:])
    if any(not thread.daemon for thread in threading.enumerate()[1:]):  # a mode's, which would hold the end
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
