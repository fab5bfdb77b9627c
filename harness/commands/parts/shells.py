"""What completes bench's words in a shell, made from the parsers of its commands by shtab."""

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import shtab

from bpf.channel import record_channels
from harness import tools
from harness.commands.parts.commands import command, command_names, parts, summary
from harness.commands.parts.parser import Parser
from harness.commands.parts.roles import output, result, session_file
from modes import mode_names
from results.metrics import METRICS
from traffic.discovery import kind_names

SHELLS = ("bash", "zsh", "fish")
# How shtab marks an argument that may come again: to zsh this is the first one, beside which no other may stand.
_ALL_BUT_THIS = re.compile(r'(?<=^  ")\(\*\)::?', re.MULTILINE)


def completion(shell: str) -> str:
    """Write the script that a shell is to read."""
    root = argparse.ArgumentParser(prog="bench", description="Benchmark consumers of eBPF events.")
    root.add_argument("--version", action="version", help="print the version")
    commands = root.add_subparsers(parser_class=Parser, metavar="COMMAND")
    for name in command_names():
        said = summary(name)
        parser = commands.add_parser(name, help=said, description=said)
        command(name)[0].add_arguments(parser)
        for part in (parser, *parts(parser).values()):
            for action in part._actions:  # argparse tells a parser's options in no other way
                _complete(action)
    script: str = shtab.complete(root, shell)
    return _ALL_BUT_THIS.sub("*:", script) if shell == "zsh" else script


def _complete(action: Any) -> None:
    """Say to shtab what an option takes, where it is a file or one of some names."""
    if action.dest == "folder":
        action.complete = shtab.DIRECTORY
    elif action.dest in _names():
        action.complete = _names_or_file(action.dest, _names()[action.dest])
    elif action.type in (Path, output, result, session_file):
        action.complete = shtab.FILE


def _names() -> Mapping[str, Sequence[str]]:
    """Give the names that options take, where a file or several by commas may stand instead: no choices of argparse."""
    modes, kinds = mode_names(), kind_names()
    return {
        "mode": modes,
        "against": modes,
        "traffic": kinds,
        "kind": kinds,
        "channel": [*record_channels(), "all"],
        "tool": [*tools.tool_names(), "all"],
        "metric": list(METRICS),
    }


def _names_or_file(of: str, names: Iterable[str]) -> dict[str, Any]:
    """Complete one of some names, or a path, in each shell's own words; what stands before a comma is kept."""
    function, listed, token = f"_bench_{of}_or_file", " ".join(names), "(commandline -ct)"
    bash = f'compgen -P "$before" -W "{listed}" -- "${{1##*,}}"; compgen -P "$before" -f -- "${{1##*,}}"'
    fish = (
        f'"$before"{{{",".join(listed.split())}}} "$before"(__fish_complete_path (string replace -r ".*," "" {token}))'
    )
    return {
        "bash": function,
        "zsh": function,
        "fish": f"({function})",
        "preamble": {
            "bash": f"{function}() {{ local before=; [[ $1 != *,* ]] || before=${{1%,*}},; {bash}; }}",
            "zsh": f'{function}() {{ compset -P "*,"; compadd "$@" -- {listed}; _files }}',
            "fish": f"function {function}; set -l before (string match -r '.*,' {token}); string join \\n {fish}; end",
        },
    }
