#!/bin/bash
# Guess: a frame that a bridge cannot forward is counted where it is lost, as tx_dropped of the port that it
#   should have left by, or as rx_dropped of the one that it came by, or of the bridge.
# Really: nothing counts it, neither port nor bridge nor queue discipline nor SNMP; only the event tells.
#   Six ways to lose twenty frames: longer than the port's MTU, port down, port isolated, the address is
#   learned on the port that the frame came from (all these: NOT_SPECIFIED), unknown address with flooding off
#   (NO_TX_TARGET), bridge down (BRIDGE_INGRESS_STP_STATE). The sender has 20 sent packets, its veth peer 20
#   received ones, without an error.
# Seen with: Linux 6.18.44, iproute2 6.1.0.
# Bites: who looks for lost packets of containers and virtual machines in "ip -s link" or a network exporter:
#   a tunnel's or a port's smaller MTU behind a bridge loses all long packets, with no number anywhere.
# Source: net/bridge/br_forward.c br_dev_queue_push_xmit ("drop:" is kfree_skb() alone), br_forward;
#   net/bridge/br_input.c br_handle_frame_finish.
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
uname -sr; ip -V
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add bridge type bridge mcast_snooping 0
for side in left right; do
    ip link add $side-host type veth peer name $side
    ip link set $side master bridge
    ip link set $side-host up; ip link set $side up
done
ip link set bridge up
bridge fdb add 02:00:00:00:00:02 dev right master static
bridge fdb add 02:00:00:00:00:03 dev left master static
# Frames of this type, whoever's time their events are on.
echo "protocol == 0x88b5" >"$trace/events/skb/kfree_skb/filter"
echo 1 >"$trace/events/skb/kfree_skb/enable"
send() { # ADDRESS LENGTH: twenty frames into the left port
    python3 -c "
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind(('left-host', 0))
for _ in range(20):
    s.send(bytes.fromhex('0200000000$1' '020000000001' '88b5') + bytes($2))"
    sleep 0.3
}
counters() { # every counter of every link and queue discipline that is not zero, and SNMP's
    { ip -s -s -j link show; tc -s -j qdisc show; } | python3 -c "
import json, sys
links, queues = map(json.loads, sys.stdin)
for link in links:
    for way, of in link['stats64'].items():
        for name, value in of.items():
            if value: print(link['ifname'], way, name, value)
for queue in queues:
    print(queue['dev'], queue['kind'], queue['drops'], queue['overlimits'])"
    nstat -asz | awk '$2 != 0 {print $1, $2}'
}
usual="left-host tx bytes,left-host tx packets,left rx bytes,left rx packets,"
try() { # WHAT ADDRESS LENGTH REASON
    local before seen changed
    before=$(counters)
    echo >"$trace/trace"; send "$2" "$3"
    seen=$(grep -c " reason: $4" "$trace/trace" || true)
    changed=$(counters | grep -vxF "$before" | sed 's/ [0-9]*$//' | tr '\n' ',')
    echo "20 frames, $1: $seen events $4; counters that moved: $changed"
    [ "$seen" = 20 ]
    [ "$(tr , '\n' <<<"$changed" | sort)" = "$(tr , '\n' <<<"$5" | sort)" ]
}
try "well" 02 900 UNHANDLED_PROTO "${usual}right tx bytes,right tx packets,right-host rx bytes,right-host rx packets,right-host rx dropped,"
ip link set right mtu 800
try "longer than the port's MTU" 02 900 NOT_SPECIFIED "$usual"
ip link set right mtu 1500; ip link set right down
try "port down" 02 900 NOT_SPECIFIED "$usual"
ip link set right up
for port in left right; do ip link set dev $port type bridge_slave isolated on; done
try "ports isolated from each other" 02 900 NOT_SPECIFIED "$usual"
for port in left right; do ip link set dev $port type bridge_slave isolated off; done
try "address is where it came from" 03 900 NOT_SPECIFIED "$usual"
ip link set dev right type bridge_slave flood off
# The bridge itself is a target of unknown addresses while it is promiscuous only.
try "unknown address, no flooding" 04 900 NO_TX_TARGET "$usual"
ip link set bridge down
try "bridge down" 02 900 BRIDGE_INGRESS_STP_STATE "$usual"
echo "as described"
