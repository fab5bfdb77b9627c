#!/bin/bash
# Guess: nstat prints what was counted since it last ran in this network namespace, or, the first time, all.
# Really: the history is one file for each user (/tmp/.nstat.uUID), whatever the namespace. After a look at
#   a namespace that counted 30, nstat in another that counted 50 prints 20, and the first one's next look
#   prints nothing at all for a counter that is now below the other's. Nothing is said, and the exit status
#   is 0. A file of one's own (NSTAT_HISTORY) for each namespace gives true differences; "nstat -as" neither
#   reads nor writes.
# Seen with: iproute2 6.1.0 on Linux 6.18.44.
# Bites: a "before and after" in a testbed of several namespaces: sender and receiver looked at in turn.
# Source: iproute2 misc/nstat.c, main (NSTAT_HISTORY, hist_name) and update_db.
set -eu
[ "${1-}" = inside ] || exec unshare -n bash "$0" inside
history=$(mktemp -d)
unshare -n sleep 60 & peer=$!
trap 'kill $peer; rm -rf "$history"' EXIT
until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.1; done
there() { nsenter -t "$peer" -n "$@"; }
nstat -V; uname -sr
unset NSTAT_HISTORY
# The real default path, but not the user's own file: a user id that nobody has. nstat names its file by getuid().
as() { setpriv --reuid 64123 --clear-groups "$@"; }
trap 'kill $peer; rm -rf "$history" /tmp/.nstat.u64123' EXIT
lose() { # NUMBER of datagrams to a closed port
    python3 -c "
import socket
for _ in range($1):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
}
ports() { awk '$1 == "UdpNoPorts" {print $2}'; }
ip link set lo up; lose 30
there ip link set lo up; there python3 -c "
import socket
for _ in range(50):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
first=$(as nstat | ports); second=$(there setpriv --reuid 64123 --clear-groups nstat | ports); third=$(as nstat | ports)
echo "first namespace: $first lost of 30; second: $second of 50; the first again: ${third:-no line} of 30"
[ "$first; $second; $third" = "30; 20; " ]
lose 7
own=$(NSTAT_HISTORY=$history/one nstat | ports)
lose 4
there env NSTAT_HISTORY="$history/two" nstat >/dev/null
own="$own, then $(NSTAT_HISTORY=$history/one nstat | ports)"
echo "with a history for each: $own"
[ "$own" = "37, then 4" ]
echo "as described"
