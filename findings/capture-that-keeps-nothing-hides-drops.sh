#!/bin/bash
# Guess: a capture only looks. What is dropped without it is dropped with it, above all if its filter keeps
#   nothing.
# Really: frames of a protocol that nobody handles (LLDP, a vendor's own) are each an event, UNHANDLED_PROTO,
#   and rx_dropped of the link. While a tcpdump runs on that link, whatever its filter, both stand still: the
#   capture's socket counts as the handler that was missing, the filter comes after it. tcpdump says at its end
#   that it received none and dropped none, so that for this time the frames are lost by no number at all.
#   Afterwards they are drops again.
# Seen with: Linux 6.18.44, tcpdump 4.99.3, iproute2 6.1.0.
# Bites: who starts tcpdump to see what a rising rx_dropped is, and who compares drop counts of two times
#   while another person, or an agent with a packet socket for all protocols, captures in one of them.
# Source: net/core/dev.c __netif_receive_skb_core (the last of the list "all" is pt_prev and gets the frame at
#   the end; "drop:" is for frames without any); net/packet/af_packet.c packet_rcv (run_filter).
set -eu
if [ "${1-}" != inside ]; then
    dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
    (cd "$dir" && apt-get download tcpdump libpcap0.8 libdbus-1-3 >/dev/null 2>&1 && for package in *.deb; do dpkg -x "$package" .; done)
    unshare -m -n --propagation private bash "$0" inside "$dir"
    exit
fi
dir=$2
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
tcpdump=$dir/usr/bin/tcpdump
uname -sr; ip -V; "$tcpdump" --version | head -2
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add name near address 02:00:00:00:00:01 type veth peer name far address 02:00:00:00:00:02
ip link set near up; ip link set far up
# Frames of this type, whoever's time their events are on.
echo "protocol == 0x88cc" >"$trace/events/skb/kfree_skb/filter"
echo 1 >"$trace/events/skb/kfree_skb/enable"
dropped() { ip -s -j link show far | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["rx"]["dropped"])'; }
try() { # WHAT EXPECTED: twenty frames of LLDP
    local before seen
    before=$(dropped)
    echo >"$trace/trace"
    python3 -c "
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind(('near', 0))
for _ in range(20):
    s.send(bytes.fromhex('0180c200000e' '020000000001' '88cc') + bytes(100))"
    sleep 0.3
    seen="$(grep -c 'reason: UNHANDLED_PROTO' "$trace/trace" || true) events, rx_dropped $(($(dropped) - before))"
    echo "20 frames, $1: $seen"
    [ "$seen" = "$2" ]
}
try "nobody captures" "20 events, rx_dropped 20"
"$tcpdump" -Z root -n -i far udp port 1 >"$dir/out" 2>"$dir/said" & capture=$!
until grep -qs listening "$dir/said"; do kill -0 "$capture"; sleep 0.1; done
try "tcpdump udp port 1" "0 events, rx_dropped 0"
kill -INT "$capture"; wait "$capture"
said=$(sed -n 's/^\([0-9]* packets.*\)/\1/p' "$dir/said" | tr '\n' ',')
echo "tcpdump: $said"
[ "$said" = "0 packets captured,0 packets received by filter,0 packets dropped by kernel," ]
try "nobody captures" "20 events, rx_dropped 20"
echo "as described"
