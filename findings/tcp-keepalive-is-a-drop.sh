#!/bin/bash
# Guess: an idle TCP connection drops nothing; a keepalive probe that is answered, or a window probe, is
#   traffic like any other.
# Really: every probe is a skb:kfree_skb event at its receiver, TCP_OLD_SEQUENCE at tcp_validate_incoming: a
#   probe is built to be outside of the window (one below what was acknowledged), so that the answer is the
#   one to a bad packet. So an idle connection with SO_KEEPALIVE drops a packet for each interval, and one
#   whose reader is slow drops one for each window probe. No error counter moves; the probes' own are
#   TcpExtTCPKeepAlive and TcpExtTCPWinProbe.
# Seen with: Linux 6.18.44.
# Bites: drop monitors on machines with pooled database connections (all idle, all with keepalive).
# Source: net/ipv4/tcp_output.c tcp_xmit_probe_skb; net/ipv4/tcp_input.c tcp_validate_incoming,
#   tcp_sequence.
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
uname -sr; ss -V
ip link set lo up
count() { nstat -asz "$1" | awk -v name="$1" '$1 == name {print $2}'; }
# Timers send the probes on whoever's time, so the machine's events of this reason are looked at; foreign ones only add.
event=$trace/events/skb/kfree_skb
number=$(grep -o '{ [0-9a-fx]*, "TCP_OLD_SEQUENCE" }' "$event/format" | grep -o '[0-9][0-9a-fx]*' | head -1)
echo "reason == $number" >"$event/filter"
watch() { echo >"$trace/trace"; echo 1 >"$event/enable"; }
probes() { grep -c 'location=tcp_validate_incoming.* reason: TCP_OLD_SEQUENCE' "$trace/trace" || true; }

watch
python3 -c "
import socket, time
server = socket.create_server(('127.0.0.1', 5000))
client = socket.create_connection(('127.0.0.1', 5000))
accepted, _ = server.accept()
client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
time.sleep(4.5)
client.send(b'still here')
assert accepted.recv(99) == b'still here'"
seen=$(probes); sent=$(count TcpExtTCPKeepAlive); errors=$(count TcpInErrs)
echo "idle for 4.5 s: $sent keepalive probes, $seen events TCP_OLD_SEQUENCE, TcpInErrs $errors"
[ "$sent" -ge 2 ]
[ "$seen" -ge "$sent" ]
[ "$errors" = 0 ]

watch
python3 -c "
import socket, time
server = socket.create_server(('127.0.0.1', 5001))
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
client = socket.create_connection(('127.0.0.1', 5001))
accepted, _ = server.accept()
client.setblocking(False)
sent = 0
try:
    while True:
        sent += client.send(bytes(1000))
except BlockingIOError:
    pass
time.sleep(4)
client.shutdown(socket.SHUT_WR)
got = 0
while data := accepted.recv(1 << 16):
    got += len(data)
assert got == sent"
seen=$(probes); sent=$(count TcpExtTCPWinProbe); errors=$(count TcpInErrs)
echo "reader asleep for 4 s: $sent window probes, $seen events TCP_OLD_SEQUENCE, TcpInErrs $errors; every byte arrived"
[ "$sent" -ge 2 ]
[ "$seen" -ge "$sent" ]
[ "$errors" = 0 ]
echo "as described"
