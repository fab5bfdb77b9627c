#!/bin/bash
# Guess: a capture that lost packets says so in its interface statistics (pcapng ISB), and its merged,
#   trimmed or split copies still do, at least the whole ones.
# Really: mergecap, editcap (even a plain copy, with no option) and reordercap drop every statistics block,
#   without a word: a capture that got 10 and lost 90 packets becomes one that shows no loss. capinfos,
#   which prints "Number of stat entries = 1" for the original and never their content, prints 0 for the
#   copy.
# Seen with: wireshark-common 4.0.17-0+deb12u3 (Debian 12).
# Bites: loss ratios taken from archived captures: what was merged or trimmed first counts as lossless.
# Source: wiretap/merge.c, editcap.c, reordercap.c; IETF draft-ietf-opsawg-pcapng, section 4.6 (isb_ifdrop).
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download wireshark-common libwiretap13 libwsutil14 >/dev/null 2>&1
for package in *.deb; do echo "${package%_*}"; dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(echo "$dir"/usr/lib/*-linux-gnu); export LD_LIBRARY_PATH
PATH=$dir/usr/bin:$PATH
python3 - <<'PYTHON'
import struct

def block(kind, body):
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length

start = 1_700_000_000 * 10**6
for name, begin in ("one", start), ("two", start + 10**7):
    content = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 262144))
    for at in range(begin, begin + 10**6, 10**5):
        data = bytes.fromhex("020000000002" "020000000001" "88b5") + bytes(46)
        content += block(6, struct.pack("<5I", 0, at >> 32, at & 0xFFFFFFFF, len(data), len(data)) + data)
    end = begin + 10**6
    counts = struct.pack("<HHQ", 4, 8, 10) + struct.pack("<HHQ", 5, 8, 90) + bytes(4)  # isb_ifrecv, isb_ifdrop
    content += block(5, struct.pack("<3I", 0, end >> 32, end & 0xFFFFFFFF) + counts)
    open(name + ".pcapng", "wb").write(content)
PYTHON
mergecap -w merged.pcapng one.pcapng two.pcapng
editcap one.pcapng copied.pcapng
editcap -c 5 one.pcapng split.pcapng; mv split_00001* split.pcapng
reordercap one.pcapng reordered.pcapng >/dev/null
statistics() { python3 -c "
import struct, sys
content, at, blocks = open(sys.argv[1], 'rb').read(), 0, []
while at < len(content):
    kind, length = struct.unpack_from('<II', content, at)
    blocks.append(kind)
    at += length
print(blocks.count(6), 'packets,', blocks.count(5), 'statistics blocks')" "$1.pcapng"; }
for file in one merged copied split reordered; do
    entries=$(capinfos "$file.pcapng" | sed -n 's/.*Number of stat entries = //p')
    echo "$file: $(statistics $file), capinfos: $entries stat entries"
    [ "$(statistics $file | cut -d' ' -f3) $entries" = "$([ $file = one ] && echo 1 1 || echo 0 0)" ]
done
echo "as described"
