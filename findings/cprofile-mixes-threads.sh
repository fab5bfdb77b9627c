#!/bin/bash
# Guess: cProfile profiles the thread that called enable(), as every release up to 3.11 does.
# Really: from Python 3.12 on (it is built on sys.monitoring since, which is not per thread) it sees all
#   threads, and puts their calls on one stack, in the order in which the threads happened to run. What a
#   consumer thread calls is told as called by whatever the main thread was in: lock.acquire or join "calls"
#   the consumer's functions thousands of times, and their time is in the main thread's cumulative times.
#   Frames of either thread can vanish. No warning; 3.11 counts nothing of the other thread.
# Seen with: CPython 3.12.1 and 3.13.0 (differs), 3.11.7 and 3.10.13 (as guessed). Runs the newest it finds.
# Bites: profiles of consumers with a reader thread, and of anything under a server with threads.
# Source: CPython Modules/_lsprof.c profiler_enable (use_tool_id, set_events: global), one stack in
#   pObj->currentProfilerContext.
set -eu
found=""
for version in "" 3.13.0 3.12.1; do # where pyenv keeps several Pythons, one must be named
    [ -z "$version" ] || export PYENV_VERSION=$version
    for python in python3.14 python3.13 python3.12 python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then found=$python; break 2; fi
    done
done
[ -n "$found" ] || { echo "no Python 3.12 or newer here" >&2; exit 2; }
"$found" -c '
import cProfile, pstats, sys, threading

def thousandth():
    return sum(range(100))

def consumer():
    while not go:
        pass
    for _ in range(5000):
        thousandth()

def waiting(thread):
    global go
    go = True
    thread.join()

def main():
    thread = threading.Thread(target=consumer)
    thread.start()
    waiting(thread)

go = False
profile = cProfile.Profile()
profile.enable()
main()
profile.disable()
print("CPython", sys.version.split()[0])
stats = pstats.Stats(profile).stats
counted = {name: (calls, callers) for (_, _, name), (_, calls, _, _, callers) in stats.items()}
calls, callers = counted.get("thousandth", (0, {}))
print(f"the other thread called thousandth() 5000 times, from consumer(); the profile has {calls}, called by:")
wrong = 0
for (_, _, name), (times, *_) in callers.items():
    wrong += times if name != "consumer" else 0
    print(f"  {name}: {times}")
assert calls > 4000, "the other thread is not in the profile"
assert wrong > 0, "all under its true caller"
print("as described")'
