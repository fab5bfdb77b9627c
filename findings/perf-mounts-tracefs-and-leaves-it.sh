#!/bin/bash
# Guess: perf needs tracefs for a tracepoint, and refuses where it is not mounted; what it records it only reads.
# Really: it mounts tracefs itself, for everybody who shares its mounts, and leaves it mounted when it ends: a record
#   of 0.1 s does, and so does `perf list`, which records nothing. Ended by a signal or not, nothing takes it back. A
#   tool that could not attach before perf ran (bcc's TRACEPOINT_PROBE) can from then on, so what passes or fails on
#   such a machine depends on whether somebody ran perf since it was started.
# Seen with: Linux 6.18.44, perf 6.1.187 (Debian 12's linux-perf, unpacked), without and with tracefs mounted before.
# Bites: machines without systemd, whose sys-kernel-tracing.mount nobody runs: small virtual machines, CI sandboxes.
# Source: tools/lib/api/fs/tracing_path.c, tracing_path_mount(); tools/lib/api/fs/fs.c, fs__mount().
set -eu
[ "${1-}" = inside ] || exec unshare -m --propagation private bash "$0" inside
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! command -v perf >/dev/null; then
    apt-get -qq download linux-perf
    dpkg-deb -x linux-perf_*.deb .
    PATH=$work/usr/bin:$PATH
fi
uname -sr; perf --version
mounts() { grep -c ' tracefs ' /proc/self/mounts || true; }
# As on a machine where nobody did: gone in this namespace alone.
for place in /sys/kernel/debug/tracing /sys/kernel/debug /sys/kernel/tracing; do
    while mountpoint -q $place; do umount $place; done
done
before=$(mounts)
[ ! -e /sys/kernel/tracing/events ]
perf record -q -e skb:kfree_skb -o "$work/data" -a -- sleep 0.1
after=$(mounts)
echo "tracefs was mounted $before times before, $after times after perf had ended"
[ "$after" -gt "$before" ]
[ -e /sys/kernel/tracing/events/skb/kfree_skb ]
umount /sys/kernel/tracing
perf list >/dev/null
echo "after perf list: $(mounts) times"
[ "$(mounts)" -gt "$before" ]
echo "as described"
