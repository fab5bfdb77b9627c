#!/bin/bash
# Guess: a thread that calls sched_yield() gives the CPU up of its own accord: a voluntary context switch.
# Really: 1,000 yields to another runnable process are 1,000 involuntary switches and no voluntary one. The
#   kernel calls a switch voluntary if the task went to sleep; one that stays runnable counts as preempted.
#   With nobody else to run, a yield is no switch at all.
# Seen with: Linux 6.18.44; /proc/PID/status and GNU time show the same two counters.
# Bites: harnesses that take ru_nivcsw for "disturbed by others": a consumer that spins politely
#   (os.sched_yield, spinlocks, Go and OpenMP runtimes) looks disturbed, the more the quieter its neighbour.
# Source: kernel/sched/core.c __schedule: switch_count is nvcsw only where the task blocks.
set -eu
uname -sr; python3 -V
python3 -c '
import os, resource, signal

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
ready, tell = os.pipe()
other = os.fork()
if other == 0:
    signal.alarm(60)
    os.write(tell, b"x")
    while True:
        os.sched_yield()
try:
    os.read(ready, 1)
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(1000):
        os.sched_yield()
    after = resource.getrusage(resource.RUSAGE_SELF)
finally:
    os.kill(other, signal.SIGKILL)
    os.waitpid(other, 0)
voluntary, involuntary = after.ru_nvcsw - before.ru_nvcsw, after.ru_nivcsw - before.ru_nivcsw
print(f"1000 x sched_yield() beside a runnable process: {voluntary} voluntary, {involuntary} involuntary switches")
assert voluntary < 100 and involuntary > 500
print("as described")'
