"""The command line: finds the command, and turns what went wrong into one line and an exit status."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import pkgutil
import shlex
import shutil
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType, ModuleType
from typing import NoReturn

import harness.commands
from bpf.errors import CannotRun
from harness import streams
from harness.privileges import is_root, missing_capabilities
from harness.roles import check_roles
from harness.user_path import search, user_path
from results.errors import BadInput
from results.shown import shown

VERSION = "0.1.0"

DONE, REGRESSED, BAD_INPUT, INCONCLUSIVE, CANNOT_RUN, INVALID_TRIAL = range(6)
INTERRUPTED, TERMINATED = 130, 143
READER_GONE = 141  # as a shell says of what SIGPIPE ended
# A fault of bench itself (EX_SOFTWARE of sysexits.h): Python's own status for that, 1, would read as a verdict.
FAULT = 70


class _Parser(argparse.ArgumentParser):
    """Refuses in words that show what was typed, and do not act."""

    def error(self, message: str) -> NoReturn:
        super().error(shown(message))


class Terminated(BaseException):
    """SIGTERM or SIGHUP, as an exception, so that it unwinds through every `with` as Ctrl-C does."""


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
        streams.last_word(f"bench: {shown(error)}")
        return CANNOT_RUN
    except BadInput as error:
        streams.last_word(f"bench: {shown(error)}")
        return BAD_INPUT
    except BrokenPipeError:  # `bench ... | head` has all it wanted
        return READER_GONE
    except OSError as error:  # a disk that is full, a file system that went away
        place = traceback.extract_tb(error.__traceback__)[-1]
        streams.last_word(f"bench: {error} ({Path(place.filename).name}:{place.lineno})")
        return CANNOT_RUN
    except Exception:
        streams.last_word(traceback.format_exc().rstrip())
        return FAULT


def _look_in_roots_folders() -> None:
    """Find nft and its like wherever this was started from, as the launcher does (harness/setup.sh)."""
    folders = (os.environ.get("PATH") or os.defpath).split(":")
    added = [folder for folder in ("/usr/local/sbin", "/usr/sbin", "/sbin") if folder not in folders]
    os.environ["PATH"] = ":".join([*folders, *added])


def command_names() -> list[str]:
    """List the commands: the files of harness/commands."""
    return sorted(module.name for module in pkgutil.iter_modules(harness.commands.__path__))


def _dispatch(argv: list[str]) -> int:
    parser = _Parser(prog="bench", description="Benchmark consumers of eBPF events.", add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", action="version", version=f"bench {VERSION}")
    parser.add_argument("command", nargs="?")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    words = parser.parse_args(argv)
    if words.command is None:
        _print_overview()
        return DONE if words.help else BAD_INPUT
    names = command_names()
    if words.command not in names:
        near = difflib.get_close_matches(words.command, names, n=1)
        raise BadInput(
            f"no command {words.command!r}" + (f"; did you mean {near[0]}?" if near else "; see bench --help")
        )
    search(user_path())
    module = importlib.import_module(f"harness.commands.{words.command}")
    command = _Parser(
        prog=f"bench {words.command}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    module.add_arguments(command)
    for word in words.rest:
        if word.startswith("--") and word.endswith("=--"):  # argparse before Python 3.13 makes an empty list of it
            raise BadInput(f"{word} gives no value")
    arguments = command.parse_args((["--help"] if words.help else []) + words.rest)
    check_roles(command, arguments)
    require(module.NEEDS, words.command, argv)
    return int(module.run(arguments))


def require(needs: str, what: str, argv: list[str]) -> None:
    """Start over as root, or refuse, where `what` needs more than this process may do; `needs` is as a command's NEEDS.

    Raises CannotRun where root cannot either.
    """
    missing = missing_capabilities() if needs == "kernel" else []
    if (missing or needs == "root") and not is_root():
        _ask_for_root(what, argv)
    if missing:
        raise CannotRun(
            f"{what} needs {', '.join(missing)}, which this root does not have",
            "grant them to the container (docker run --privileged, or --cap-add each), or run outside of it",
        )


def _ask_for_root(what: str, argv: list[str]) -> NoReturn:
    """Start over as root; the launcher's shell functions know how, and what is said of it."""
    ours = checkout()
    launched = "./bench" if Path.cwd() == ours else str(ours / "bench")
    script = 'here=$1 what=$2; shift 2; . "$here/harness/setup.sh"; ask_for_root "$what" "$@"'
    os.execv("/bin/sh", [launched, "-c", script, launched, str(ours), what, *argv])


def _print_overview() -> None:
    print("usage: bench COMMAND [OPTIONS]   (bench COMMAND --help tells more)\n")
    for name in command_names():
        print(f"  {name:<10} {_summary(importlib.import_module(f'harness.commands.{name}'))}")


def _summary(module: ModuleType) -> str:
    assert module.__doc__ is not None, f"{module.__name__} says what it does in its docstring"
    return module.__doc__.splitlines()[0].rstrip(".")


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _end(received: int, _frame: FrameType | None) -> NoReturn:
    """Unwind, and let no impatient second signal disturb the clearing up."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt if received == signal.SIGINT else Terminated


def launcher() -> str:
    """Return what to type to start bench from the current folder."""
    ours = checkout() / "bench"
    on_path = shutil.which("bench")
    if on_path is not None and Path(on_path).resolve() == ours:
        return "bench"
    return "./bench" if Path.cwd() == ours.parent else shlex.quote(str(ours))


def checkout() -> Path:
    """Return the folder that holds the project."""
    return Path(__file__).resolve().parent.parent
