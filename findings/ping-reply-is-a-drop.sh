#!/bin/bash
# Guess: a ping that is answered drops nothing: five of five received, no skb:kfree_skb event.
# Really: each echo reply is a drop, NO_SOCKET at ping_rcv, if ping uses a raw socket: the socket gets a
#   copy, and the reply itself is then offered to the ICMP datagram sockets ("ping sockets"), finds none,
#   and is freed as a drop, for IPv4 and IPv6. iputils' ping prefers a datagram socket and falls back to a
#   raw one where net.ipv4.ping_group_range excludes it: 1 0, nobody, is the kernel's default in every new
#   network namespace, so that the same ping drops in one namespace and not in another.
# Seen with: Linux 6.18.44, iputils-ping 3:20221126-1+deb12u1.
# Bites: drop monitors beside health checks that ping: a steady NO_SOCKET that is nobody's loss.
# Source: net/ipv4/icmp.c icmp_rcv, net/ipv4/ping.c ping_rcv; net/ipv6/icmp.c icmpv6_rcv.
set -eu
if [ "${1-}" != inside ]; then
    dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
    (cd "$dir" && apt-get download iputils-ping >/dev/null 2>&1 && dpkg -x iputils-ping_*.deb .)
    unshare -m -n --propagation private bash "$0" inside "$dir/bin/ping"
    exit
fi
ping=$2
[ -e /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/instances/finding-$$
mkdir "$trace"
trap 'echo 0 >"$trace/events/enable"; rmdir "$trace"' EXIT
watch() { echo >"$trace/trace"; echo 1 >"$trace/options/event-fork"; echo $$ >"$trace/set_event_pid"; echo 1 >"$trace/events/skb/kfree_skb/enable"; }
uname -sr; "$ping" -V
ip link set lo up
try() { # ADDRESS EXPECTED: what is received, and how many drops of ping_rcv that makes
    watch
    received=$("$ping" -n -c 5 -i 0.02 "$1" | sed -n 's/.* \([0-9]*\) received.*/\1/p')
    dropped=$(grep -c 'location=ping_rcv.* reason: NO_SOCKET' "$trace/trace" || true)
    echo "ping_group_range $(sysctl -n net.ipv4.ping_group_range), $1: $received of 5 received, $dropped events NO_SOCKET at ping_rcv"
    [ "$received $dropped" = "5 $2" ]
}
try 127.0.0.1 5
try ::1 5
sysctl -qw net.ipv4.ping_group_range="0 0"
try 127.0.0.1 0
try ::1 0
echo "as described"
