#!/bin/bash
# Guess: psutil.Process().num_ctx_switches() counts the process, as cpu_times() and num_threads() beside it
#   do.
# Really: it counts the main thread alone. A consumer thread sleeps 5,000 times, and the process's voluntary
#   switches rise by a handful, while the thread lives and after; getrusage(RUSAGE_SELF) has all of them.
#   psutil reads /proc/PID/status, whose switches are those of the thread group's leader.
# Seen with: psutil 7.1.3 on Linux 6.18.44.
# Bites: wakeups per event of a consumer that runs in a thread: seemingly none.
# Source: psutil/_pslinux.py num_ctx_switches; fs/proc/array.c task_context_switch_counts(p), one task.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check psutil==7.1.3
uname -sr
"$dir/bin/python" -c '
import resource, threading, time
import psutil

def consumer():
    for _ in range(5000):
        time.sleep(1e-6)
    slept.set()
    leave.wait()

def now():
    cpu = me.cpu_times()
    return me.num_ctx_switches().voluntary, resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw, cpu.user + cpu.system

me, slept, leave = psutil.Process(), threading.Event(), threading.Event()
before = now()
thread = threading.Thread(target=consumer)
thread.start()
slept.wait()
alive = now()
leave.set()
thread.join()
after = now()
print("psutil", psutil.__version__)
for when, then in ("thread alive", alive), ("thread ended", after):
    print(f"{when}: psutil {then[0] - before[0]}, getrusage {then[1] - before[1]} voluntary switches,",
          f"cpu_times {then[2] - before[2]:.2f} s")
    assert then[0] - before[0] < 100 and then[1] - before[1] > 4000 and then[2] > before[2]
print("as described")'
