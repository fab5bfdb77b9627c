#!/bin/bash
# Guess: since PEP 540 Python takes the C locale for UTF-8, so that under LC_ALL=C a path with an é is read as under any
#   other locale; whether LANG or LC_ALL says C makes no difference.
# Really: files named *.pth are read in the locale's own encoding, UTF-8 mode or not, and in C that is ASCII. An editable
#   install (pip install -e, src layout) of a project whose path has one letter beyond ASCII writes such a file, and from then on no
#   Python of that environment starts under LC_ALL=C: "Failed to import the site module", UnicodeDecodeError, status 1,
#   for pip too; -X utf8 and PYTHONUTF8=1 do not help. With LANG=C all is well: there Python coerces
#   the locale to C.UTF-8 first, which LC_ALL forbids. 3.13 reads these files as UTF-8.
# Seen with: Debian 12's Python 3.11.2, setuptools 80.9.0.
# Bites: cron, ssh and CI scripts that set LC_ALL=C to have plain output, for people whose home or folder has an accent;
#   and tools that name a checkout in a .pth file (write an import line with the path as escaped bytes instead).
# Source: Lib/site.py addpackage (encoding of .pth files; python/cpython issue 77102); PEP 538 and PEP 540.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
/usr/bin/python3 -m venv "$dir/venv"
python=$dir/venv/bin/python
"$python" -m pip install -q --disable-pip-version-check setuptools==80.9.0
mkdir -p "$dir/café/src/plain"
cat >"$dir/café/pyproject.toml" <<'TOML'
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "plain"
version = "1"
[tool.setuptools.packages.find]
where = ["src"]
TOML
echo 'said = "plain works"' >"$dir/café/src/plain/__init__.py"
"$python" -m pip install -q --disable-pip-version-check --no-build-isolation -e "$dir/café"
"$python" -V
try() { # EXPECTED, VARIABLES…
    expected=$1; shift
    said=$(env -i "$@" "$python" -c 'import plain, sys; print(plain.said, sys.flags.utf8_mode)' 2>&1) && status=0 || status=$?
    echo "$*: status $status, $(echo "$said" | tail -1)"
    [ "$status" = "$expected" ]
}
late=1
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 13))' && late=0
try 0 LANG=C
try 0 LC_ALL=C.UTF-8
try $late LC_ALL=C
try $late LC_ALL=POSIX
try $late LC_ALL=C PYTHONUTF8=1
echo "as described"
