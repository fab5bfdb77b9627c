#!/bin/bash
# Guess: a VXLAN packet for a network (VNI) that this host does not have, or with a broken header, counts as
#   an error somewhere: UdpInErrors, UdpNoPorts, or the device's rx_errors or rx_dropped.
# Really: the drop has an exact reason (VXLAN_VNI_NOT_FOUND, VXLAN_INVALID_HDR), and every counter calls it
#   a success: UdpInDatagrams, "delivered to UDP users", rises by one for each lost packet, just as for each
#   good one, and no error counter moves. The loss is InDatagrams less the device's rx_packets.
# Seen with: Linux 6.18.44, iproute2 6.1.0.
# Bites: who checks drop events against SNMP counters (the event looks like a false alarm), and load
#   generators that take InDatagrams for received.
# Source: net/ipv4/udp.c udp_queue_rcv_one_skb: encap_rcv() returned 0, "consumed", counts as InDatagrams;
#   drivers/net/vxlan/vxlan_core.c vxlan_rcv returns 0 on its path "drop" too.
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
there ip link add tunnel address 02:00:00:00:00:07 type vxlan id 7 dstport 4789 dev far
there ip link set tunnel up
send() { # VNI FLAGS: twenty packets that carry an ARP answer
    python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inner = bytes.fromhex('020000000007' '020000000008' '0806' '0001080006040002' '020000000008c6120003' '020000000007c6120004') + bytes(18)
for _ in range(20):
    s.sendto(bytes([$2, 0, 0, 0]) + ($1 << 8).to_bytes(4, 'big') + inner, ('198.18.0.2', 4789))"
}
counters() {
    there nstat -asz UdpInDatagrams UdpInErrors UdpNoPorts | awk '/Udp/ {printf "%s %s, ", $1, $2}'
    there ip -s -j link show tunnel | python3 -c "
import json, sys
rx = json.load(sys.stdin)[0]['stats64']['rx']
print('device:', rx['packets'], 'packets,', rx['errors'], 'errors,', rx['dropped'], 'dropped')"
}
try() { # WHAT VNI FLAGS REASON EVENTS COUNTERS
    watch; send "$2" "$3"
    echo "20 packets $1: $(events "$4") events $4; so far $(counters)"
    [ "$(events "$4"); $(counters)" = "$5" ]
}
try "of a known network" 7 8 VXLAN "0; UdpInDatagrams 20, UdpNoPorts 0, UdpInErrors 0, device: 20 packets, 0 errors, 0 dropped"
try "of an unknown network" 9 8 VXLAN_VNI_NOT_FOUND "20; UdpInDatagrams 40, UdpNoPorts 0, UdpInErrors 0, device: 20 packets, 0 errors, 0 dropped"
try "with a broken header" 7 0 VXLAN_INVALID_HDR "20; UdpInDatagrams 60, UdpNoPorts 0, UdpInErrors 0, device: 20 packets, 0 errors, 0 dropped"
echo "as described"
