"""No value of an option, however strange, gives status 1 or 70: it is used, or refused with the option's name."""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.__main__ import main
from harness.check.arms import alone
from harness.check.configuration import wanted
from harness.check.plan import make_check
from harness.commands import capacity, certify, explain, peers, run, watch
from harness.commands.parts import options
from harness.commands.parts.parser import Parser
from harness.session import check_seed
from results.errors import BadInput
from results.line import check_numbers

RESULT = Path(__file__).resolve().parents[2] / "docs/results/consumers.jsonl"
NUMBERS = st.one_of(
    st.sampled_from(
        ["nan", "-nan", "inf", "-inf", "1e300", "1e-300", "-0", "0", "-1", "1e10", "9" * 23, "9" * 5000, "²", "٣",
         "0x10",          "1_000", "1e999", "5e-324", "", " ", "1 ", "é", "\udce9", "\x1b[2J", "1\n2", "max", "True",
         "18446744073709551616",          "4294967296", "1e9", "1000000000", "1%", "nan%", "a=b", "--", "1,2", "0.5"]
    ),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
    st.text(max_size=6),
)  # fmt: skip


def _plan_of_run(arguments: argparse.Namespace) -> object:
    options.probing_of(arguments)
    return run.plan_of(arguments).to_json()


def _plan_of_capacity(arguments: argparse.Namespace) -> object:
    options.probing_of(arguments)
    return (capacity.advice_plan if arguments.advise else capacity.plan)(arguments).to_json()


def _plan_of_explain(arguments: argparse.Namespace) -> object:
    options.probing_of(arguments)
    return explain.plan(arguments).to_json()


def _plan_of_check(arguments: argparse.Namespace) -> object:
    options.probing_of(arguments)
    said, wishes = wanted(options.flags_of(arguments), options.consumer_wishes_of(arguments))
    return make_check(alone(["file"], wishes, "a", "b"), said).to_json()


def _plan_of_certify(arguments: argparse.Namespace) -> object:
    certify._targets(arguments)
    return _plan_of_check(arguments)


Plan = Callable[[argparse.Namespace], object]
PLANS: list[tuple[str, str, Plan]] = [
    ("run", "--mode null", _plan_of_run),
    ("run", "--mode paced --drain 10", _plan_of_run),
    ("capacity", "--mode null", _plan_of_capacity),
    ("capacity", "--mode null --advise --rate 1000 --stall 10", _plan_of_capacity),
    ("explain", "", _plan_of_explain),
    ("check", "--mode file --config /dev/null", _plan_of_check),
    ("certify", "--mode file --config /dev/null", _plan_of_certify),
    ("peers", "", lambda arguments: peers.plan_of(arguments).to_json()),
    ("watch", "", watch.check_numbers),
]
# Each makes a plan, which takes milliseconds; under the thorough profile there are as many as ever.
FEW = 30 if settings().max_examples == 200 else settings().max_examples
_FILES = ("--out", "--trace", "--junit", "--markdown", "--why", "--config", "--baseline")
_NOT_NUMBERS = ("--help", "--mode", "--against", *_FILES)


def parser_of(command: str) -> argparse.ArgumentParser:
    parser = Parser(prog=f"bench {command}")
    importlib.import_module(f"harness.commands.{command}").add_arguments(parser)
    return parser


def valued(parser: argparse.ArgumentParser) -> list[str]:
    """Return the options that take a value which is no path."""
    flags = [action.option_strings[-1] for action in parser._actions if action.option_strings and action.nargs != 0]
    return [flag for flag in flags if flag not in _NOT_NUMBERS]


@pytest.mark.parametrize(("command", "words", "plan"), PLANS, ids=lambda part: part if isinstance(part, str) else "")
@settings(max_examples=FEW)
@given(data=st.data())
def test_any_value_makes_a_plan_that_can_be_recorded_or_is_refused(
    command: str, words: str, plan: Plan, data: st.DataObject
) -> None:
    """argparse or BadInput refuses; what is accepted fits the limits of the result file."""
    parser = parser_of(command)
    option = data.draw(st.sampled_from(valued(parser)), label="option")
    value = data.draw(NUMBERS.filter(lambda value: value != "--"), label="value")  # harness.__main__ refuses that one
    try:
        arguments = parser.parse_args([*words.split(), f"{option}={value}"])
        made = plan(arguments)
        seed = getattr(arguments, "seed", None)
        check_seed(seed)
    except (BadInput, SystemExit) as refused:
        assert not isinstance(refused, SystemExit) or refused.code == 2  # noqa: PT017 - either may be raised, or neither
        return
    check_numbers(json.loads(json.dumps({"plan": made, "seed": seed})))


@settings(max_examples=FEW)
@given(value=NUMBERS)
@pytest.mark.parametrize(
    "words",
    [
        f"compare {RESULT} --a null --b file --margin",
        f"history {RESULT.parent / 'nowhere'} --machine",
        "show nosuch --first",
        "traffic udp-closed-port --rounds",
        "traffic synthetic:",
        "traffic mix:udp-closed-port=1+netfilter=",
    ],
)
@example(value="nan")
def test_commands_that_measure_nothing_end_as_documented(words: str, value: str) -> None:
    """Neither a verdict nor a fault."""
    *first, last = words.split()
    try:
        status = main([*first, f"{last}={value}" if last.startswith("--") else last + value])
    except SystemExit as ended:
        status = ended.code
    assert status in (0, 2)


KEYS = ["alpha", "blocks", "metrics", "delta", "duration", "rate", "drain", "modes", "nosuch"]
VALUES = st.one_of(
    st.sampled_from(
        ["nan", "-inf", "1e999", "9" * 400, "9" * 5000, "0x" + "f" * 5000, "-0", "true", "1979-05-27", "''", "[]", "{}",
         "[1, 2]", "[[1]]", "['loss_ratio']", "{ loss_ratio = nan }", "{ loss_ratio = 1e300 }", "{ file = 1 }",
         "[" * 9000]
    ),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
)  # fmt: skip
TABLES = st.one_of(
    st.tuples(st.sampled_from(["tool", "tool.bench", "tool.bench.check"]), VALUES).map(" = ".join),
    st.tuples(st.sampled_from(KEYS), VALUES).map(lambda pair: f"[tool.bench.check]\n{' = '.join(pair)}"),
    st.tuples(st.sampled_from(KEYS), VALUES).map(lambda pair: f"[tool.bench.check.modes.file]\n{' = '.join(pair)}"),
)


@settings(max_examples=3 * FEW)
@given(table=TABLES)
@example(table=f"[tool.bench.check]\nrate = {'9' * 400}")
@example(table=f"[tool.bench.check]\ndrain = 0x{'f' * 5000}")
@example(table="tool = 1")
def test_any_configuration_makes_a_plan_that_can_be_recorded_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, table: str
) -> None:
    """What a project's file says is no better known than what is typed."""
    path = tmp_path_factory.mktemp("said") / "pyproject.toml"
    path.write_text(table)
    arguments = parser_of("check").parse_args(["--mode", "file", "--config", str(path)])
    try:
        made = _plan_of_check(arguments)
    except BadInput:
        return
    check_numbers(json.loads(json.dumps(made)))
