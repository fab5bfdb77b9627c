# Type lines into an interactive zsh, each with Tab at its end, and print it behind a ?, and what is offered, a word per line.
# zsh -f offered.zsh ZSH FUNCTIONS MODULES FOLDER LINE…, where FOLDER holds the script _bench.
zsh=$1 library=$2 folder=$4
module_path=($3)
zmodload zsh/zpty || exit
cat >$folder/set-up <<'END'
module_path=($MODULES)
fpath=($FOLDER $LIBRARY $LIBRARY/**/*(/N))
autoload -Uz compinit && compinit -u -D
zstyle ':completion:*' insert-tab false
compadd() {  # say what is about to be offered, unless it is asked for by another function
  [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return; }
  typeset -a offered
  builtin compadd -A offered "$@"
  [[ -n $offered ]] && print -r -l -- OFFERED:$IPREFIX${^offered}
  builtin compadd "$@"
}
tab() { zle complete-word; zle kill-whole-line; print -r -- ; print -r -- DONE }
zle -N tab
bindkey '^I' tab
PROMPT=
print -r -- READY
END
zpty shell "MODULES=${(qq)module_path} LIBRARY=${(qq)library} FOLDER=${(qq)folder} ${(q)zsh} -f -i"
zpty -w shell "source ${(qq)folder}/set-up"
zpty -r shell said '*READY*'
for line in ${@[5,-1]}; do
  zpty -w -n shell "$line"$'\t'
  zpty -r shell said '*DONE*'
  print -r -- "?$line"
  found=(${(M)${(f)said//$'\r'/}:#*OFFERED:*})
  for each in $found; print -r -- ${each##*OFFERED:}
done
zpty -d shell
