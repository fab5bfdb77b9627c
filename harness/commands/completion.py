"""Print what completes bench's commands, their options and the names that these take: a script for your shell.

  bench completion bash >~/.local/share/bash-completion/completions/bench
  bench completion zsh >~/.zfunc/_bench
  bench completion fish >~/.config/fish/completions/bench.fish

A shell that is started afterwards knows it; zsh, where ~/.zfunc is in fpath before compinit is called. `bench install`
puts all three where the shells of all users look.
"""

import argparse

from harness.commands.parts.status import DONE

NEEDS = "nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish"], help="whose words the script is in")


def run(arguments: argparse.Namespace) -> int:
    # It loads all that any command needs.
    from harness.commands.parts.shells import completion  # noqa: PLC0415

    print(completion(arguments.shell))
    return DONE
