"""Machine code of passes: made by numba once, kept on disk, loaded by llvmlite alone, which takes a tenth of the time.

Numba is an extra, in an environment of its own beside bench's (requirements-compiled.txt, harness/setup.sh).
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import importlib.util
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bpf.block import ENTRY, LOOP
from bpf.cache import OwnFolder, base_folder
from bpf.errors import CannotRun
from bpf.steps import Described, Step, described

if TYPE_CHECKING:
    from bpf.block import Kind

ENVIRONMENT = ".venv-compiled"
SIZE_MB = 200
_MOST_KEPT = 64
_MADE_OF = ("compiling", "passes", "intrinsics", "block", "pause", "words", "perf", "record", "ring")
"""The modules of which machine code is made, with what they name: changed, the code is another."""


class Code:
    """A pass in memory. `call` runs it on the block at an address; it returns a count, or what else it found.

    `loop` runs passes and sleeps; it returns 0, or what else the pass of a block found.
    """

    def __init__(self, about: Described, call: Callable[[int], int], loop: Callable[[int], int], keep: object) -> None:
        self.arrays, self.call, self.loop = about.arrays, call, loop
        step = about.functions[-1].__code__
        self._step = step.co_filename, step.co_firstlineno
        self._keep = keep

    def raise_what(self, raised: int) -> NoReturn:
        """Raise what a step raised, from the line on which it did; `raised` is where numba says what it was."""
        # excinfo_t of numba's core/callconv.py: pickled data and their size come first, what is made at run time last.
        info = _Raised.from_address(raised)
        kind, arguments, where = pickle.loads(ctypes.string_at(info.data, info.size))
        if info.made > 0:  # only numba's own dispatcher can turn these into objects
            arguments = ("its arguments were not known when the step was compiled, and are not told",)
        error: BaseException = kind(*arguments)
        file, line = self._step if where is None else where[1:]
        # A frame of that file and line, as if Python had run it.
        exec(compile("\n" * (line - 1) + "raise error", file, "exec"), {"error": error})
        raise error


class _Raised(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("size", ctypes.c_int32),
        ("made_of", ctypes.c_void_p * 2),
        ("made", ctypes.c_int32),
    ]


def find_numba() -> None:
    """Have Python find numba, if it is there. Raises CannotRun with what is to be typed."""
    if importlib.util.find_spec("llvmlite") is None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        sys.path.append(str(Path(sys.prefix).parent / ENVIRONMENT / "lib" / version / "site-packages"))
        importlib.invalidate_caches()
    if importlib.util.find_spec("llvmlite") is None or importlib.util.find_spec("numba") is None:
        raise CannotRun(
            "the compiled reader needs numba, which is not installed",
            f"type: bench run --mode null --reader compiled, which installs it (about {SIZE_MB} MB)",
        )


def code_of(kind: Kind, step: Step) -> Code:
    """Return a pass over one kind of channel for a step: as it is kept, or made now and kept.

    Raises CannotRun, and BadInput for a step that cannot be compiled, with its file and line.
    """
    find_numba()
    about = described(step)
    name = f"{_key(kind, about)}.o"
    folder = OwnFolder(base_folder() / "compiled")
    try:
        kept = folder.read(name)
        if kept is None:
            from bpf.compiling import compiled  # noqa: PLC0415 - numba, which takes long

            kept = compiled(kind, about)
            folder.write(name, kept, most=_MOST_KEPT)
    finally:
        folder.close()
    return _loaded(kept, about)


def _key(kind: str, about: Described) -> str:
    """Name all that the code depends on: versions, the CPU, the sources."""
    from llvmlite import binding as llvm  # noqa: PLC0415 - an extra

    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    cpu = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    digest = hashlib.sha256(json.dumps([kind, versions, cpu, [str(each) for each in about.arrays]]).encode())
    for source in _MADE_OF:
        digest.update((Path(__file__).parent / f"{source}.py").read_bytes())
    digest.update(about.text)
    return digest.hexdigest()


def _loaded(kept: bytes, about: Described) -> Code:
    """Load an object file; a line of JSON stands before it: what it calls."""
    from llvmlite import binding as llvm  # noqa: PLC0415 - an extra

    head, _, object_file = kept.partition(b"\n")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    compiler = llvm.create_lljit_compiler()
    builder = llvm.JITLibraryBuilder().add_object_img(object_file).export_symbol(ENTRY).export_symbol(LOOP)
    for symbol in json.loads(head):
        builder.import_symbol(symbol, _address_of(symbol))
    library = builder.link(compiler, "bench")
    prototype = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_size_t)
    return Code(about, prototype(library[ENTRY]), prototype(library[LOOP]), (compiler, library))


def _address_of(symbol: str) -> int:
    """Find a function of the process, or one of numba's own, which it makes known when it is imported."""
    from llvmlite import binding as llvm  # noqa: PLC0415 - an extra

    if (found := llvm.address_of_symbol(symbol)) is None:
        from numba.core.registry import cpu_target  # noqa: PLC0415 - rarely needed, and takes long
        from numba.core.runtime import rtsys  # noqa: PLC0415 - as above

        rtsys.initialize(cpu_target.target_context)
        found = llvm.address_of_symbol(symbol)
    if found is None:
        raise CannotRun(f"compiled code needs {symbol}, which is not there", "report it with the mode's step")
    return int(found)
