#!/bin/bash
# Guess: a function costs the same on a Dask worker as in a plain process, but for the scheduling around it.
# Really: the nanny starts workers with MALLOC_TRIM_THRESHOLD_=65536. To set it at all switches glibc's
#   adaptive thresholds off, so that each block of 128 KiB or more is mapped, faulted in page by page and
#   unmapped, every time: a loop that makes and frees 1 MiB a thousand times has some 257,000 page faults
#   there, and some 500 in a plain process. All processes that the task starts inherit it. So do those that
#   the client starts after a LocalCluster has been there: the variable (with OMP_NUM_THREADS=1 and its
#   like) is put into the client's own os.environ and stays. A benchmark on a worker measures the kernel's
#   page faults. The cure, for workers and client alike:
#   distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_ set to null.
# Seen with: distributed 2025.12.0 on glibc 2.36 (Debian 12), Linux 6.18.44.
# Bites: whoever spreads benchmarks over Dask, and compares their numbers with a machine's own.
# Source: distributed/distributed.yaml nanny.pre-spawn-environ, distributed/nanny.py WorkerProcess.start
#   (os.environ.update); glibc malloc/malloc.c do_set_trim_threshold (no_dyn_threshold), mallopt(3) under
#   M_MMAP_THRESHOLD.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check distributed==2025.12.0 dask==2025.12.0
cd "$dir"
cat >work.py <<'PYTHON'
import os, resource, subprocess, sys

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(1000):
        bytearray(b"x") * (1 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def in_child():
    return int(subprocess.check_output([sys.executable, "-c", "import work; print(work.faults())"], cwd=os.path.dirname(__file__)))
PYTHON
unset MALLOC_TRIM_THRESHOLD_
export DASK_TEMPORARY_DIRECTORY=$dir
cat >main.py <<'PYTHON'
import os, platform, sys
import dask, distributed, work

def on_worker(call):
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            return client.submit(call).result()

if __name__ == "__main__":
    before = {"plain": work.faults(), "plain child": work.in_child()}
    dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None})
    cured = {"worker, variable null": on_worker(work.faults)}
    dask.config.refresh()
    after = {"worker": on_worker(work.faults), "worker's child": on_worker(work.in_child), "client's child afterwards": work.in_child()}
    print("distributed", distributed.__version__, *platform.libc_ver())
    for where, number in {**before, **cured, **after}.items():
        print(f"{where}: {number} page faults for 1000 x 1 MiB")
    print("client's environment afterwards: MALLOC_TRIM_THRESHOLD_ =", os.environ.get("MALLOC_TRIM_THRESHOLD_"))
    assert max(*before.values(), *cured.values()) < 20_000, "few where glibc adapts"
    assert min(after.values()) > 200_000
    print("as described")
PYTHON
bin/python main.py
