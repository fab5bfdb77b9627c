#!/bin/bash
# Guess: "import ctypes" leaves no descriptor open; a program that was started with a closed stderr has none until it opens one.
# Really: libffi 3.8 opens its own shared library for its trampolines and keeps it, at the lowest number that is free: Python's
#   ctypes does that while it is imported. Started with "2>&-", the program's descriptor 2 is libffi.so, open for reading;
#   a later look at whether stderr is open says yes, and writing to it fails with EBADF. Python 3.11 with libffi 3.4.4
#   (Debian 12) keeps nothing open.
# Seen with: Python 3.14.10, libffi 3.8.0, libc 2.43 (Debian unstable, 2026-11-28), Linux 6.18.44.
# Bites: whoever looks for closed standard descriptors only after the imports, of which ctypes is one as soon as bcc is;
#   tests that count open descriptors.
# Source: libffi's src/tramp.c (ffi_tramp_init_os).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" "$dir/system"
: >"$dir/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main" >"$dir/apt/sources.list"
of_sid() {
    "$@" -qq -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User=root -o Dir::State="$dir/apt" \
        -o Dir::State::status="$dir/apt/status" -o Dir::Cache="$dir/apt" -o Dir::Etc::sourcelist="$dir/apt/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null
}
cd "$dir/apt"
of_sid apt-get update
of_sid apt-get download libc6 libffi8 python3.14-minimal libpython3.14-minimal libpython3.14-stdlib zlib1g libexpat1
for package in *.deb; do
    dpkg -x "$package" "$dir/system"
    dpkg-deb -W --showformat='${Package} ${Version}\n' "$package"
done
libraries=$dir/system/usr/lib/x86_64-linux-gnu
python() { # Debian unstable's, with its own libraries
    PYTHONHOME=$dir/system/usr "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$dir/system/usr/bin/python3.14" "$@"
}
look='
import os, sys
before = {*os.listdir("/proc/self/fd")}
import ctypes
kept = {name: os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")}
print("open after the import:", *(f"{name} {os.path.basename(path)}" for name, path in kept.items() if "libffi" in path))
try:
    os.write(2, b"a word\n")
except OSError as error:
    print("writing to stderr:", error)
'
open=$(python -c "$look")
closed=$(python -c "$look" 2>&-)
printf 'stderr is open:   %s\nstderr is closed: %s\n' "$open" "${closed//$'\n'/; }"
[[ $open == "open after the import: 3 libffi.so."* ]]
[[ $closed == "open after the import: 2 libffi.so."*$'\n'"writing to stderr: [Errno 9] Bad file descriptor" ]]
