#!/bin/bash
# Guess: pcapng readers agree on small valid files, whatever optional feature these use.
# Really: of scapy, dpkt, python-pcapng and libpcap, none reads all six, and all but libpcap go wrong
#   without a word (the frame is the same UDP datagram each time, its time 1700000000 s):
#   - two files one after the other, which the format allows ("cat a b"): scapy keeps the first section's
#     interfaces for the second: times 1000 times too great, and an IP packet decoded as Ethernet
#   - the second section in the other byte order: dpkt ends after the first, as at the end of the file
#   - two interfaces of unlike resolution (us, ns): dpkt takes the first one's for both, 1000 times too
#     great
#   - if_tsoffset (seconds to add): scapy and python-pcapng ignore it: the year 1970
#   - snaplen 0 ("no limit") with a simple packet block: scapy cuts the packet to 0 bytes and yields a frame
#     of its own defaults, type 0x9000; dpkt leaves the block out
#   - two link types: dpkt tells but the first
#   libpcap refuses three (link types, byte order) with an error and reads the others rightly. Other
#   readers: no error at all.
# Seen with: scapy 2.6.1, dpkt 1.9.8, python-pcapng 2.1.1, libpcap 1.10.3 (Debian 12).
# Bites: merged captures (mergecap and tshark write such files), hardware stamps beside software ones, two
#   captures appended.
# Source: scapy/utils.py RawPcapNgReader (_read_block_shb, _read_options, _read_block_spb); dpkt/pcapng.py
#   Reader; pcapng/blocks.py; libpcap sf-pcapng.c; IETF draft-ietf-opsawg-pcapng sections 3.1, 4.1, 4.2,
#   4.4.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check scapy==2.6.1 dpkt==1.9.8 python-pcapng==2.1.1
(cd "$dir" && apt-get download libpcap0.8 >/dev/null 2>&1 && dpkg -x libpcap0.8_*.deb .)
cd "$dir"
bin/python - <<'PYTHON'
import ctypes, glob, logging, struct
logging.getLogger("scapy").setLevel(logging.ERROR)
import dpkt, pcapng, scapy, scapy.all

def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length

def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

def section(order="<"):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))

def interface(order="<", link=1, resolution=6, offset=0, snaplen=0):
    options = option(order, 9, bytes([resolution])) + option(order, 14, struct.pack(order + "q", offset)) + bytes(4)
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen) + options)

def packet(data, order="<", interface=0, ticks=10**6, seconds=1_700_000_000):
    at = seconds * ticks
    return block(order, 6, struct.pack(order + "5I", interface, at >> 32, at & 0xFFFFFFFF, len(data), len(data)) + data)

def simple(data, order="<"):
    return block(order, 3, struct.pack(order + "I", len(data)) + data)

ip = bytes.fromhex("450000210001000040110000c6120001c6120002" "00050009000d0000") + b"hello"
frame = bytes.fromhex("020000000002" "020000000001" "0800") + ip
NS = 10**9
files = {
    "sections": section() + interface() + packet(frame) + section() + interface(link=101, resolution=9) + packet(ip, ticks=NS),
    "byte order": section() + interface() + packet(frame) + section(">") + interface(">") + packet(frame, ">"),
    "resolutions": section() + interface() + interface(resolution=9) + packet(frame) + packet(frame, interface=1, ticks=NS),
    "offset": section() + interface(offset=1_700_000_000) + packet(frame, seconds=0),
    "simple": section() + interface() + simple(frame),
    "link types": section() + interface() + interface(link=101) + packet(frame) + packet(ip, interface=1),
}

class Header(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("micros", ctypes.c_long), ("caplen", ctypes.c_uint32), ("len", ctypes.c_uint32)]

lib = ctypes.CDLL(glob.glob("usr/lib/*/libpcap.so.0.8")[0])
lib.pcap_open_offline.restype = ctypes.c_void_p
lib.pcap_geterr.restype = ctypes.c_char_p
lib.pcap_lib_version.restype = ctypes.c_char_p

def by_libpcap(path):
    error = ctypes.create_string_buffer(256)
    handle = ctypes.c_void_p(lib.pcap_open_offline(path.encode(), error))
    header, data, got = ctypes.POINTER(Header)(), ctypes.c_void_p(), []
    while (status := lib.pcap_next_ex(handle, ctypes.byref(header), ctypes.byref(data))) == 1:
        got.append((float(header[0].seconds), header[0].caplen))
    if status == -1:
        got.append(lib.pcap_geterr(handle).decode())
    lib.pcap_close(handle)
    return got

def by_scapy(path):
    return [(float(p.time), len(p), p.layers()[0].__name__) for p in scapy.all.rdpcap(path)]

def by_dpkt(path):
    with open(path, "rb") as f:
        reader = dpkt.pcapng.Reader(f)
        return [(at, len(data), reader.datalink()) for at, data in reader]

def by_pcapng(path):
    with open(path, "rb") as f:
        return [(getattr(b, "timestamp", None), len(b.packet_data), b.interface.link_type)
                for b in pcapng.FileScanner(f) if hasattr(b, "packet_data")]

print(f"scapy {scapy.__version__}, dpkt {dpkt.__version__},", lib.pcap_lib_version().decode())
seen = {}
for name, content in files.items():
    with open("x.pcapng", "wb") as f:
        f.write(content)
    for reader in by_scapy, by_dpkt, by_pcapng, by_libpcap:
        seen[name, reader.__name__] = got = reader("x.pcapng")
        print(f"{name}: {reader.__name__[3:]}: {got}")

T, right, inner = 1.7e9, (1.7e9, 47, 1), (1.7e9, 33, 101)
assert seen["sections", "by_scapy"] == [(T, 47, "Ether"), (T * 1000, 33, "Ether")]
assert seen["sections", "by_pcapng"] == seen["link types", "by_pcapng"] == [right, inner]
assert seen["byte order", "by_dpkt"] == [right]
assert seen["byte order", "by_scapy"] == [(T, 47, "Ether")] * 2 and seen["byte order", "by_pcapng"] == [right] * 2
assert seen["resolutions", "by_dpkt"] == [right, (T * 1000, 47, 1)]
assert seen["resolutions", "by_libpcap"] == [(T, 47)] * 2
assert seen["offset", "by_scapy"] == [(0.0, 47, "Ether")] and seen["offset", "by_pcapng"] == [(0.0, 47, 1)]
assert seen["offset", "by_dpkt"] == [right] and seen["offset", "by_libpcap"] == [(T, 47)]
assert [p[2] for p in seen["simple", "by_scapy"]] == ["Ether"] and seen["simple", "by_dpkt"] == []
assert seen["simple", "by_pcapng"] == [(None, 47, 1)]
assert seen["link types", "by_dpkt"] == [right, (T, 33, 1)]
print("as described")
PYTHON
