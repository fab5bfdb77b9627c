#!/bin/bash
# Guess: Ip6ReasmReqds, Ip6ReasmOKs and Ip6ReasmFails count the fragments that come, the datagrams made of
#   them and the failures, whatever a firewall does, as IPv4's do.
# Really: as soon as one rule of the namespace looks at a connection's state ("ct state"), netfilter puts
#   IPv6 fragments together itself. It counts what fails, and nothing that succeeds: fragments come, datagrams
#   are delivered, and ReasmReqds and ReasmOKs stand still, while ReasmTimeout and ReasmFails go on. A
#   failure ratio of these counters is then infinite. IPv4's counters are the same with and without; so are
#   the events of both.
# Seen with: Linux 6.18.44, iproute2 6.1.0, nftables 1.0.6.
# Bites: alarms on Ip6ReasmFails against Ip6ReasmReqds, on every host that has a stateful firewall.
# Source: net/ipv6/netfilter/nf_conntrack_reasm.c, nf_ct_frag6_gather (no counters) and nf_ct_frag6_expire
#   (ip6frag_expire_frag_queue counts) against net/ipv6/reassembly.c ipv6_frag_rcv.
set -eu
[ "${1-}" = inside ] || exec unshare -m -n --propagation private bash "$0" inside
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
unshare -n sleep 600 & peer=$!
trap 'kill $peer; echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.1; done
there() { nsenter -t "$peer" -n "$@"; }
uname -sr; ip -V; nft -v
ip link add name near address 02:00:00:00:00:01 type veth peer name far address 02:00:00:00:00:02 netns "$peer"
ip addr add 198.18.0.1/24 dev near; ip -6 addr add fd00::1/64 dev near nodad; ip link set near up
there ip addr add 198.18.0.2/24 dev far; there ip -6 addr add fd00::2/64 dev far nodad
there ip link set far up; there ip link set lo up
there sysctl -qw net.ipv4.ipfrag_time=1 net.ipv6.ip6frag_time=1 net.netfilter.nf_conntrack_frag6_timeout=1
# Timers free the fragments on whoever's time, so the machine's events of this reason are looked at; foreign ones only add.
event=$trace/events/skb/kfree_skb
number=$(grep -o '{ [0-9a-fx]*, "FRAG_REASM_TIMEOUT" }' "$event/format" | grep -o '[0-9][0-9a-fx]*' | head -1)
echo "reason == $number" >"$event/filter"
echo 1 >"$event/enable"
send() { # PIECES: ten datagrams of 3000 bytes each way, cut in three, of which that many are sent
    python3 - "$1" <<'END'
import socket, struct, sys
def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 65535) + (total >> 16)
    return ~total & 65535
def datagram(source, target, pseudo):
    head = struct.pack(">4H", 9, 9, 3000, 0)
    return head[:6] + struct.pack(">H", checksum(source + target + pseudo + head + bytes(2992))) + bytes(2992)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
wire.bind(("near", 0))
ethernet = bytes.fromhex("020000000002020000000001")
old, new = [[socket.inet_pton(f, a) for a in pair] for f, pair in ((socket.AF_INET, ("198.18.0.1", "198.18.0.2")), (socket.AF_INET6, ("fd00::1", "fd00::2")))]
for number in range(10):
    for at in range(0, 1000 * int(sys.argv[1]), 1000):
        mark = int(sys.argv[1]) * 100 + number
        head = struct.pack(">BBHHHBBH", 0x45, 0, 1020, mark, at // 8 | (0x2000 if at < 2000 else 0), 64, 17, 0) + old[0] + old[1]
        piece = datagram(*old, struct.pack(">HH", 17, 3000))[at:at + 1000]
        wire.send(ethernet + b"\x08\x00" + head[:10] + struct.pack(">H", checksum(head)) + head[12:] + piece)
        head = struct.pack(">IHBB", 6 << 28, 1008, 44, 64) + new[0] + new[1] + struct.pack(">BBHI", 17, 0, at | (at < 2000), mark)
        piece = datagram(*new, struct.pack(">II", 3000, 17))[at:at + 1000]
        wire.send(ethernet + b"\x86\xdd" + head + piece)
END
}
names="ReasmReqds ReasmOKs ReasmTimeout ReasmFails"
counters() { # PROTOCOL
    local name
    for name in $names; do there nstat -asz "$1$name" | awk -v name="$1$name" '$1 == name {printf "%s ", $2}'; done
    there nstat -asz "Udp${1#Ip}NoPorts" | awk '/NoPorts/ {print $2}'
}
try() { # WHAT: ten whole, ten without an end
    local at old new events
    old=($(counters Ip)); new=($(counters Ip6)); echo >"$trace/trace"
    send 3; send 2; sleep 3
    for name in old:Ip new:Ip6; do
        local -n before=${name%:*}
        local after=($(counters "${name#*:}"))
        for at in 0 1 2 3 4; do after[at]=$((after[at] - before[at])); done
        echo "$1, ${name#*:}: $names NoPorts: ${after[*]}"
        got+="${after[*]}; "
    done
    events=$(grep -c "protocol=2048.*TIMEOUT" "$trace/trace" || true)
    echo "$1: events FRAG_REASM_TIMEOUT: $events of IPv4, $(grep -c 'protocol=34525.*TIMEOUT' "$trace/trace" || true) of IPv6"
    [ "$events" -ge 20 ]
}
got=""
try "no firewall"
there nft 'add table inet t; add chain inet t c { type filter hook prerouting priority 0; }; add rule inet t c ct state established counter'
try "ct state"
[ "$got" = "50 10 10 10 10; 50 10 10 10 10; 50 10 10 10 10; 0 0 10 10 10; " ]
echo "as described"
