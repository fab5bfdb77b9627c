#!/bin/bash
# Guess: an interface that was deleted and made again begins at 0, in psutil.net_io_counters() as in the
#   kernel.
# Really: psutil takes a counter that became smaller for one that wrapped, and adds the old interface's
#   count to the new one's for the rest of the process (nowrap=True, the default): a veth that has carried
#   10 packets is shown with 1010. Only a call made while the interface is absent (its name missing) forgets
#   the old one, so that it depends on when somebody looked. nowrap=False, or net_io_counters.cache_clear(),
#   gives the kernel's number. disk_io_counters() is built alike.
# Seen with: psutil 7.1.3 on Linux 6.18.44. The counters in question are 64 bits wide: they do not wrap.
# Bites: testbeds that make a veth of the same name for each trial, and agents on container hosts.
# Source: psutil/_common.py, _WrapNumbers.run and _remove_dead_reminders.
set -eu
if [ "${1-}" != inside ]; then
    dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check psutil==7.1.3
    unshare -n bash "$0" inside "$dir/bin/python"
    exit
fi
uname -sr
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
"$2" -c '
import json, socket, subprocess
import psutil

def again():
    subprocess.run("ip link del near 2>/dev/null; ip link add name near type veth peer name far"
                   " && ip link set near up && ip link set far up", shell=True, check=True)

def send(number):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind(("near", 0))
        for _ in range(number):
            out.send(bytes.fromhex("020000000002" "020000000001" "88b5") + bytes(46))

def kernel():
    links = json.loads(subprocess.check_output(["ip", "-s", "-j", "link", "show", "far"]))
    return links[0]["stats64"]["rx"]["packets"]

def told(**how):
    return psutil.net_io_counters(pernic=True, **how)["far"].packets_recv

again(); send(1000); first = told(), kernel()
again(); send(10); second = told(), kernel(), told(nowrap=False)
subprocess.run(["ip", "link", "del", "near"], check=True)
absent = "far" in psutil.net_io_counters(pernic=True)
again(); send(10); third = told(), kernel()
print("psutil", psutil.__version__)
print("first veth: psutil, kernel:", first)
print("made again: psutil, kernel, psutil nowrap=False:", second)
print("made again, psutil called in between: psutil, kernel:", third)
assert (first, second, absent, third) == ((1000, 1000), (1010, 10, 10), False, (10, 10))
print("as described")'
