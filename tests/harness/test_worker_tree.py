"""A worker runs where its tree says, and no tree can put its own packages before the harness's."""

from __future__ import annotations

from harness.control import Worker
from harness.tree import Tree

PROBE = """
import os, sys
from harness.control import Harness
import results, neighbour
harness = Harness(sys.argv[1:])
harness.receive()
harness.send({"cwd": os.getcwd(), "results": results.__file__, "neighbour": neighbour.__file__})
"""


def test_a_worker_works_and_imports_in_its_tree(tmp_path):
    """Its folder and its modules are the tree's; a folder called `results` there does not hide ours."""
    ours = __import__("results").__file__
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "neighbour.py").write_text("")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "__init__.py").write_text("")
    checkout = __import__("harness.cli").cli.checkout()
    tree = Tree(tmp_path, (checkout, tmp_path), "consumer.py")
    with Worker("probe", {}, name="consumer", tree=tree) as worker:
        said = worker.receive(20)
    assert said == {"cwd": str(tmp_path), "results": ours, "neighbour": str(tmp_path / "neighbour.py")}
