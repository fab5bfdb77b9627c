"""Whatever language the terminal speaks, a command says the same: in its encoding, nothing lost but by an escape."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

CHECKOUT = Path(__file__).resolve().parents[2]
RESULT = CHECKOUT / "docs/results/all-modes.jsonl"
FEW = settings(max_examples=max(2, settings.default.max_examples // 500))

# A locale's charmap, and Python's name for it.
LOCALES = {
    "en_US.ISO-8859-1": "latin-1",
    "de_DE.ISO-8859-15": "iso8859-15",
    "ru_RU.KOI8-R": "koi8-r",
    "ja_JP.EUC-JP": "euc_jp",
    "zh_CN.GB18030": "gb18030",
    "no_WHERE.SUCH": "utf-8",  # not made: the C library falls back on C, which Python takes for UTF-8
}
COMMANDS = [
    ("report", RESULT),
    ("report", RESULT, "--markdown"),
    ("report", RESULT, "--json"),
    ("compare", RESULT, "--a", "work", "--b", "file"),
    ("export", RESULT, "--csv", "-"),
    ("modes",),
    ("traffic",),
    ("watch", "--help"),
    ("run", "--mode", "nöwhere"),
    ("report", "дроп.jsonl"),
]
IO_ENCODINGS = ["", "ascii", "utf-8", "cp437", "shift_jis"]  # Python's own variable, which changes nothing


@pytest.fixture(scope="module")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a command in a locale that is made for it, which this machine need not have."""
    if shutil.which("localedef") is None or not Path("/usr/share/i18n/charmaps").is_dir():
        pytest.skip("localedef and its charmaps (Debian's package locales) are not here")
    folder = tmp_path_factory.mktemp("locales")

    @functools.cache
    def make(name: str) -> None:
        source, _, charmap = name.partition(".")
        if source not in ("no_WHERE", "C"):
            subprocess.run(["localedef", "-i", source, "-f", charmap, folder / name], check=True, capture_output=True)

    own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LC_", "LANG"))}

    def run(*words: object, **said: str) -> subprocess.CompletedProcess[bytes]:
        make(said["LC_ALL"])
        return subprocess.run(
            [CHECKOUT / "bench", *map(os.fsencode, map(str, words))], capture_output=True, check=False,
            env={**own, "LOCPATH": str(folder), "COLUMNS": "100", "PYTHONCOERCECLOCALE": "0", **said},
        )  # fmt: skip

    return run


def told(text: str) -> list[str]:
    """Keep the words and numbers that every encoding has; tables are drawn with the signs there are."""
    return re.findall(r"[A-Za-z0-9]+", re.sub(r"\\(x..|u....|U.{8})|[µu]s\b|[^\x00-\x7f]", " ", text))


@pytest.mark.parametrize(
    "locale", [pytest.param(name, marks=[pytest.mark.slow] if "GB18030" in name else []) for name in LOCALES]
)  # GB18030 takes as long to make as all others twice over
@FEW
@given(
    words=st.sampled_from(COMMANDS),
    io=st.sampled_from(IO_ENCODINGS),
    handler=st.sampled_from(["", ":strict", ":ignore", ":surrogateescape"]),
)
def test_a_command_says_the_same_in_every_locale(
    speak: Callable[..., subprocess.CompletedProcess[bytes]],
    locale: str,
    words: tuple[object, ...],
    io: str,
    handler: str,
) -> None:
    """Not one status or number depends on it, and what is said can be read in its encoding."""
    ended = speak(*words, LC_ALL=locale, PYTHONUTF8="0", PYTHONIOENCODING=io + handler)
    plain = speak(*words, LC_ALL="C.UTF-8")
    assert ended.returncode == plain.returncode
    assert b"Traceback" not in ended.stderr
    for there, here in ((ended.stdout, plain.stdout), (ended.stderr, plain.stderr)):
        assert told(there.decode(LOCALES[locale])) == told(here.decode()), (locale, words, io)
