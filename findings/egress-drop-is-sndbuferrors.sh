#!/bin/bash
# Guess: UdpSndbufErrors counts datagrams that found the socket's send buffer full; what a queue discipline
#   or an egress firewall throws away later is counted there, and was an OutDatagram.
# Really: sendto() succeeds, and the packet is counted as UdpSndbufErrors and not as UdpOutDatagrams, though
#   the buffer is empty: any NET_XMIT_DROP becomes ENOBUFS, which UDP counts and then hides. With IP_RECVERR
#   set (which a program sets to hear of ICMP errors) the same sendto() raises ENOBUFS. Both a full qdisc
#   and an nft "drop" on the egress hook do it; one on the output hook instead raises EPERM and counts
#   nothing.
# Seen with: Linux 6.18.44, iproute2 6.1.0, nftables 1.0.6.
# Bites: who enlarges SO_SNDBUF because SndbufErrors rises, and load generators that take a return of
#   sendto() for a packet on the wire.
# Source: net/ipv4/udp.c udp_send_skb; net/ipv4/ip_output.c ip_send_skb (net_xmit_errno).
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
# Softirqs of other programs' packets may run on our time: foreign events only add, hence "or more".
watch() { echo >"$trace/trace"; echo 1 >"$trace/options/event-fork"; echo $BASHPID >"$trace/set_event_pid"; echo 1 >"$trace/events/skb/kfree_skb/enable"; }
events() { grep -c "reason: $1" "$trace/trace" || true; }
uname -sr; ip -V; nft -v
count() { nstat -asz "$1" | awk -v name="$1" '$1 == name {print $2}'; }
send() { # OPTION: twenty datagrams, and what came of them
    local out errors told seen
    out=$(count UdpOutDatagrams); errors=$(count UdpSndbufErrors); watch
    told=$(python3 -c "
import collections, errno, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 11, $1)  # IP_RECVERR
got = collections.Counter()
for _ in range(20):
    try:
        s.sendto(bytes(1000), ('198.18.0.2', 9))
        got['sent'] += 1
    except OSError as error:
        got[errno.errorcode[error.errno]] += 1
print(*(f'{n} {what}' for what, n in got.items()))")
    seen=$(events "$2")
    [ "$seen" -lt 20 ] || seen="20 or more"
    echo "$told, $seen events, SndbufErrors $(($(count UdpSndbufErrors) - errors)), OutDatagrams $(($(count UdpOutDatagrams) - out))"
}
expect() { echo "$1: $3"; [ "$2" = "$3" ]; }

nft 'add table netdev t; add chain netdev t c { type filter hook egress device near priority 0; }; add rule netdev t c drop'
expect "egress hook" "20 sent, 20 or more events, SndbufErrors 20, OutDatagrams 0" "$(send 0 NETFILTER_DROP)"
expect "egress hook, IP_RECVERR" "20 ENOBUFS, 20 or more events, SndbufErrors 20, OutDatagrams 0" "$(send 1 NETFILTER_DROP)"
nft flush ruleset
nft 'add table ip t; add chain ip t c { type filter hook output priority 0; }; add rule ip t c drop'
expect "output hook" "20 EPERM, 20 or more events, SndbufErrors 0, OutDatagrams 0" "$(send 0 NETFILTER_DROP)"
nft flush ruleset
tc qdisc add dev near root handle 1: htb default 10 2>/dev/null
tc class add dev near parent 1: classid 1:10 htb rate 8bit burst 1000 cburst 1000 quantum 1600
tc qdisc add dev near parent 1:10 handle 10: pfifo limit 3
send 0 QDISC_DROP >/dev/null # the first few fill it
expect "full qdisc" "20 sent, 20 or more events, SndbufErrors 20, OutDatagrams 0" "$(send 0 QDISC_DROP)"
expect "full qdisc, IP_RECVERR" "20 ENOBUFS, 20 or more events, SndbufErrors 20, OutDatagrams 0" "$(send 1 QDISC_DROP)"
echo "as described"
