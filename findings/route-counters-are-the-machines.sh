#!/bin/bash
# Guess: /proc/net/stat/rt_cache, which "lnstat" and "rtstat" print, counts for this network namespace, as
#   /proc/net/snmp, netstat and dev do: /proc/net is a link into the namespace of who reads it.
# Really: its columns (in_no_route, in_martian_src, in_martian_dst, out_slow_tot ...) are one count for the whole
#   machine, whoever reads. A namespace that has never sent anything shows what all others did, and its
#   own packets count everywhere; the first column (entries) alone is its own. In the same folder,
#   nf_conntrack is of the namespace; arp_cache and ndisc_cache are the machine's too, and are there
#   in the first namespace only.
# Seen with: Linux 6.18.44.
# Bites: a container's or testbed's "martian" and "no route" drops, taken from there as a second witness:
#   they are everybody's. IpInAddrErrors and IpInNoRoutes of /proc/net/snmp are the namespace's own, but know
#   no martians.
# Source: net/ipv4/route.c, DEFINE_PER_CPU(struct rt_cache_stat, rt_cache_stat), RT_CACHE_STAT_INC;
#   net/core/neighbour.c, NEIGH_CACHE_STAT_INC of a table that all namespaces share.
set -eu
uname -sr
column() { # NAME: the sum over the CPUs
    awk -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) at = i; next} {print $at}' /proc/net/stat/rt_cache |
        python3 -c 'import sys; print(sum(int(word, 16) for word in sys.stdin))'
}
export -f column
before=$(column in_no_route)
fresh=$(unshare -n bash -c 'column in_no_route')
after=$(column in_no_route)
echo "packets without a route so far: $before here, $fresh in a namespace made this moment, $after here"
[ "$before" -le "$fresh" ]
[ "$fresh" -le "$after" ]

unshare -n sleep 60 & idle=$!
unshare -n sleep 60 & far=$!
trap 'kill $idle $far' EXIT
for pid in $idle $far; do
    until [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.1; done
done
idle_namespace() { nsenter -t "$idle" -n bash -c "$1"; }
export far
own='awk "/^Ip: [0-9]/ {print \$6}" /proc/net/snmp'
here=$(idle_namespace 'column in_no_route')
unshare -n bash -c '
ip link add name near type veth peer name far address 02:00:00:00:00:02 netns "$far"
nsenter -t "$far" -n ip addr add 198.18.0.2/24 dev far
nsenter -t "$far" -n ip link set far up
ip addr add 198.18.0.1/24 dev near
ip link set near up
ip neigh add 198.18.0.2 dev near lladdr 02:00:00:00:00:02
ip route add 203.0.113.0/24 via 198.18.0.2
python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(500):
    s.sendto(b\"x\", (\"203.0.113.1\", 9))
"'
there=$(idle_namespace 'column in_no_route')
echo "another namespace was sent 500 packets that it has no route for: in_no_route of one whose only device is down + $((there - here))"
[ $((there - here)) -ge 500 ]
mine=$(idle_namespace "$own")
its=$(nsenter -t "$far" -n bash -c "$own")
echo "IpInAddrErrors (its name in /proc/net/snmp where nothing is forwarded) of that idle one: $mine, of the receiver: $its"
[ "$mine, $its" = "0, 500" ]
echo "as described"
