#!/bin/bash
# Guess: Miller has 64-bit integers and floats, and says that what is no such integer and can be scanned as a float is one:
#   a whole number of 2**63 or more loses digits. JSON numbers stay JSON numbers.
# Really: it is text. `cat` writes 9223372036854775808 with quotes around it, while …808.5 and 1e19 are floats. `filter
#   $x > 6` then compares text: 18446744073709551615 is gone ("1" comes before "6"), 9223372036854775808 stays. stats1
#   counts seven rows, its sum and mean are of the other five, its max is the lesser of the two texts; sort -nr has that one
#   first. $x + 1 is (error), and so is a sum in the language. The exit status is 0 and nothing is printed on stderr.
# Seen with: Miller 6.6.0 (Debian 12); the source is the same up to 6.9.0 and in 2026.
# Bites: u64: addresses of sockets and packets in the kernel (all beyond 2**63), checksums, hashes, cookies.
# Source: miller.readthedocs.io, "Arithmetic: input scanning"; pkg/mlrval/mlrval_infer.go inferDecimalInt, which answers
#   with a string where ParseInt fails, beside inferMaybeFloat.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download miller >/dev/null 2>&1
dpkg -x miller_*.deb .
mlr() { "$dir/usr/bin/mlr" --ijsonl --ojsonl "$@" x.jsonl 2>err >out; [ ! -s err ]; }
"$dir/usr/bin/mlr" --version
printf '{"x":%s}\n' 5 7 9223372036854775807 9223372036854775808 18446744073709551615 9223372036854775808.5 1e19 >x.jsonl
check() { # standard input is what it printed when this was written
    echo "$1:"; sed 's/^/    /' out
    diff out - || { echo "not as described" >&2; exit 1; }
}
mlr cat
check cat <<'OUT'
{"x": 5}
{"x": 7}
{"x": 9223372036854775807}
{"x": "9223372036854775808"}
{"x": "18446744073709551615"}
{"x": 9223372036854775808.5}
{"x": 1e19}
OUT
mlr filter '$x > 6'
check 'filter $x > 6' <<'OUT'
{"x": 7}
{"x": 9223372036854775807}
{"x": "9223372036854775808"}
{"x": 9223372036854775808.5}
{"x": 1e19}
OUT
mlr stats1 -a count,sum,mean,max -f x
check 'stats1' <<'OUT'
{"x_count": 7, "x_sum": 28446744073709550000, "x_mean": 5689348814741911000, "x_max": "9223372036854775808"}
OUT
mlr sort -nr x then head -n 1
check 'sort -nr, the first' <<'OUT'
{"x": "9223372036854775808"}
OUT
mlr put '$type = typeof($x); $y = $x + 1' then filter 'is_error($y)'
check 'typeof($x), $x + 1, where that is an error' <<'OUT'
{"x": "9223372036854775808", "type": "string", "y": (error)}
{"x": "18446744073709551615", "type": "string", "y": (error)}
OUT
mlr put -q 'begin { @sum = 0 } @sum += $x; end { emit @sum }'
check '@sum += $x' <<'OUT'
{"sum": (error)}
OUT
echo "as described"
