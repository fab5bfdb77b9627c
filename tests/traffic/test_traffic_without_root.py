"""`bench traffic` for a user who may do nothing to the machine."""

from __future__ import annotations

import json
import re

from tests.nobody import Nobody
from traffic.discovery import kind_names


def test_the_kinds_are_listed_and_nothing_is_set_up(nobody: Nobody) -> None:
    done = nobody.run("traffic", "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["kind"] for row in rows] == kind_names()
    assert not any(row["set_up_tried"] for row in rows)


def test_verify_says_in_one_line_what_to_type(nobody: Nobody) -> None:
    done = nobody.run("traffic", "--verify")
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1
    assert "traffic --verify needs root; " in done.stderr
    assert re.search("bench'? traffic --verify\n$", done.stderr)
    assert done.stdout == ""
