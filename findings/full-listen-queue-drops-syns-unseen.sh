#!/bin/bash
# Guess: a full listen queue gives an event for each packet that it costs: skb:kfree_skb has the reason
#   TCP_LISTEN_OVERFLOW, and its number is ListenOverflows (or ListenDrops).
# Really: only the handshake's third packet gives that event. The SYN, which is what a full queue mostly
#   refuses (the client sends it again and again), is freed as consumed: ListenOverflows and ListenDrops
#   count it, no event of any reason comes. The same where the queue of half-open connections is full and SYN
#   cookies are off (TCPReqQFullDrop). So both counters are sums of drops that have events and drops that
#   have none.
# Seen with: Linux 6.18.44, iproute2 6.1.0 (nstat).
# Bites: whoever looks for lost connections with a drop monitor, or checks one against nstat.
# Source: net/ipv4/tcp_input.c tcp_rcv_state_process (TCP_LISTEN: conn_request(), then consume_skb()) and
#   tcp_conn_request ("drop:" is tcp_listendrop() and return 0) against tcp_minisocks.c tcp_check_req
#   ("listen_overflow:").
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
uname -sr; ss -V
ip link set lo up
# The whole machine is watched, less the two reasons of UDP floods: foreign events only add.
event=$trace/events/skb/kfree_skb
number() { grep -o "{ [0-9a-fx]*, \"$1\" }" "$event/format" | grep -o '[0-9][0-9a-fx]*' | head -1; }
echo "protocol == 0x800 && reason != $(number NO_SOCKET) && reason != $(number CPU_BACKLOG)" >"$event/filter"
echo 1 >"$event/enable"
python3 - "$trace/trace" <<'END'
import re, socket, struct, subprocess, sys, time

def counters():
    told = subprocess.check_output(["nstat", "-asz"], text=True)
    return [int(re.search(rf"^TcpExt{name} +(\d+)", told, re.M)[1]) for name in ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop")]

def connect(port):
    clients = [socket.socket() for _ in range(30)]
    for client in clients:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() ends it at once
        client.connect_ex(("127.0.0.1", port))  # before the first SYN is sent again, a second later
    return clients

def seen(what, before):
    time.sleep(0.3)
    events = re.findall(r"location=tcp_.* reason: (\w+)", open(sys.argv[1]).read())
    overflow = events.count("TCP_LISTEN_OVERFLOW")
    difference = [b - a for a, b in zip(before, counters())]
    moved = "ListenOverflows {}, ListenDrops {}, TCPReqQFullDrop {}".format(*difference)
    print(f"{what}: {moved}, {overflow} events TCP_LISTEN_OVERFLOW, {len(events) - overflow} of TCP otherwise")
    return difference, overflow, len(events) - overflow

def fresh():
    open(sys.argv[1], "w").close()
    return counters()

before = fresh()
server = socket.create_server(("127.0.0.1", 5000), backlog=1)
clients = connect(5000)
(overflows, drops, _), overflow, others = seen("30 connect(), room for 2, SYNs", before)
assert overflows >= 28 and drops == overflows and overflow + others < 10
for each in clients: each.close()

# Without cookies; the third packet waits for data, so that connections stay half-open.
subprocess.check_call(["sysctl", "-qw", "net.ipv4.tcp_syncookies=0"])
server = socket.create_server(("127.0.0.1", 5002), backlog=8)
server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
before = fresh()
clients = connect(5002)  # the events are those of nine third packets without data
(_, drops, full), overflow, others = seen("30 connect(), room for 9 half-open, SYNs", before)
assert drops >= 20 and full >= 20 and overflow + others < 15
for each in clients: each.close()

# All are half-open when the backlog is lowered; then the data comes.
deferred = socket.create_server(("127.0.0.1", 5001), backlog=100)
deferred.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
clients = connect(5001)
deferred.listen(1)
before = fresh()
for each in clients: each.send(b"x")
(overflows, drops, _), overflow, _ = seen("30 half-open, room for 2, third packets", before)
assert 28 <= overflows and drops == overflows and overflow >= 28
END
echo "as described"
