#!/bin/bash
# Guess: a script that shtab writes for a parser of argparse completes what the parser takes: of `nargs="+"` and `"*"`
#   each file, in zsh as in bash.
# Really: in zsh the first one alone. shtab writes (*):help:_files for "+" and (*)::help:_files for "*". To _arguments
#   that is one positional argument, beside which no other may stand: (*) is what it excludes. For the second file nothing
#   is offered. "Every one from here on" is *:help:_files. bash completes all, by the script for the same parser.
# Seen with: shtab 1.13.0, zsh 5.9, bash 5.2.
# Bites: every command that takes several files; who tests the script in bash, or its first argument, sees no fault.
# Source: shtab/__init__.py complete_zsh(), format_positional(); zshcompsys(1), _arguments, "Specifying arguments".
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check shtab==1.13.0
apt-get download zsh zsh-common >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
zsh=$(find "$dir/bin" "$dir/usr/bin" -name zsh 2>/dev/null | head -n 1)
venv/bin/python - <<'PYTHON'
import argparse, shtab
print("shtab", shtab.__version__)
for count in "+", "*":
    parser = argparse.ArgumentParser(prog="tool")
    parser.add_argument("file", nargs=count, help="to read").complete = shtab.FILE
    assert parser.parse_args(["one.txt", "two.txt"]).file == ["one.txt", "two.txt"]
    for shell in "bash", "zsh":
        open(f"{shell}{count}", "w").write(shtab.complete(parser, shell))
PYTHON
mkdir files; touch files/one.txt files/two.txt
cat >set-up <<'ZSH'
module_path=($MODULES) fpath=($LIBRARY $LIBRARY/**/*(/N))
autoload -Uz compinit && compinit -u -D
zstyle ':completion:*' insert-tab false
source $SCRIPT >/dev/null 2>&1; compdef _shtab_tool tool
tab() { zle complete-word; print -r -- ; print -r -- "BECAME:$BUFFER:"; zle kill-whole-line; print -r -- DONE }
zle -N tab; bindkey '^I' tab; PROMPT=
print -r -- READY
ZSH
cat >ask <<'ZSH'
module_path=($MODULES); zmodload zsh/zpty; cd files
zpty shell "${(q)ZSH} -f -i"
zpty -w shell "source ../set-up"; zpty -r shell said '*READY*'
for line in "tool o" "tool one.txt t"; do
  zpty -w -n shell "$line"$'\t'; zpty -r shell said '*DONE*'
  print -r -- "$line: ${${said##*BECAME:}%%:*}"
done
zpty -d shell
ZSH
export ZSH=$zsh LIBRARY="$dir/usr/share/zsh/functions" TERM=dumb HOME="$dir"
MODULES=$(echo "$dir"/usr/lib/*/zsh/*); export MODULES
"$zsh" --version
asked() { SCRIPT="$dir/zsh$1" "$zsh" -f ask; }
echo "by hand: *:to read:_files"
echo '_shtab_tool() { _arguments "*:to read:_files" }' >zsh-by-hand
asked -by-hand | tee by-hand
[ "$(sed -n 2p by-hand)" = "tool one.txt t: tool one.txt two.txt " ]
for count in + '*'; do
    grep -o '"(\*):.*"' "zsh$count"
    asked "$count" >"said$count"; cat "said$count"
    echo "bash: tool one.txt t"
    (cd files; bash --norc -c 'source "$1"; COMP_WORDS=(tool one.txt t) COMP_CWORD=2; _shtab_tool; echo "${COMPREPLY[@]}"' \
        bash "$dir/bash$count") | tee "bash-said$count"
    [ "$(sed -n 1p "said$count")" = "tool o: tool one.txt " ]
    [ "$(sed -n 2p "said$count")" = "tool one.txt t: tool one.txt t" ]
    [ "$(cat "bash-said$count")" = two.txt ]
done
echo "as described"
