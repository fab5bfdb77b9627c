#!/bin/bash
# Guess: where the two ends of a veth have unequal MTUs, a packet too long for the far end is dropped, with
#   a reason, and counted there once; all longer ones are.
# Really: 20 such packets are 20 events that say NOT_SPECIFIED, and they are counted at both ends, as
#   tx_dropped of the sender and as rx_dropped of the receiver: the sum over the links is 40. The limit is
#   the MTU and four more (room for a VLAN tag): 1004 bytes pass an MTU of 1000. And packets that the sender
#   did not cut yet (UDP_SEGMENT) pass whatever their segments' length: ten datagrams of 1400 bytes are
#   delivered through the end with an MTU of 1000.
# Seen with: Linux 6.18.44, iproute2 6.1.0.
# Bites: dashboards that add the links' drops up; MTU tests in namespaces, where a QUIC or TCP sender gets
#   through and ping does not.
# Source: net/core/dev.c ____dev_forward_skb, __is_skb_forwardable; drivers/net/veth.c veth_xmit.
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
unshare -n sleep 120 & peer=$!
trap 'kill $peer; echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.1; done
there() { nsenter -t "$peer" -n "$@"; }
for where in "" there; do
    $where sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    $where ip link set lo up
done
ip link add name near address 02:00:00:00:00:01 type veth peer name far address 02:00:00:00:00:02 netns "$peer"
ip addr add 198.18.0.1/24 dev near; ip link set near up
there ip addr add 198.18.0.2/24 dev far; there ip link set far up
ip neigh add 198.18.0.2 dev near lladdr 02:00:00:00:00:02
watch() { echo >"$trace/trace"; echo 1 >"$trace/options/event-fork"; echo $$ >"$trace/set_event_pid"; echo 1 >"$trace/events/skb/kfree_skb/enable"; }
events() { grep -c "reason: $1" "$trace/trace" || true; }
uname -sr; ip -V
there ip link set far mtu 1000
send() { # LENGTH, with the IP header: twenty datagrams to a closed port
    python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    s.sendto(bytes($1 - 28), ('198.18.0.2', 9))"
}
watch; send 1005
silent=$(events NOT_SPECIFIED)
sender=$(ip -s -j link show near | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["tx"]["dropped"])')
receiver=$(there ip -s -j link show far | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["rx"]["dropped"])')
echo "1005 bytes, MTU 1000: 20 sent, $silent events NOT_SPECIFIED, tx_dropped $sender, rx_dropped $receiver"
send 1004
passed=$(there nstat -asz UdpNoPorts | awk '/UdpNoPorts/ {print $2}')
echo "1004 bytes, MTU 1000: 20 sent, $passed arrived (at a closed port)"
there python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 10))
print('ready', flush=True)
s.settimeout(20)
print([len(s.recv(65536)) for _ in range(10)])" | {
    read -r _
    python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 1400)  # UDP_SEGMENT
s.sendto(bytes(14000), ('198.18.0.2', 10))"
    read -r got
    echo "ten segments of 1400, MTU 1000: delivered $got"
    [ "$got" = "[1400, 1400, 1400, 1400, 1400, 1400, 1400, 1400, 1400, 1400]" ]
}
[ "$silent" -ge 20 ]
[ "$sender $receiver $passed" = "20 20 20" ]
echo "as described"
