#!/usr/bin/env bash
# The step of action.yml: find the baseline, run the check, turn its status into a verdict. Everything comes in by the
# environment: text that is pasted into a script would be run by it.
set -euo pipefail
split= verdict=
# What fails here unforeseen ends with its own status, mostly 1, which would read as a verdict.
trap 'ended=$?; rm -f "$split"; [ $ended != 1 ] || [ "$verdict" = REGRESSED ] || exit 4' EXIT
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# With the word comment: keep the report in a comment of the pull request. A check without a verdict wrote none, and
# what stands there of an earlier commit must not pass for this one's.
if [ "${1-}" = comment ]; then
    said=("$REPORT")
    if [ -z "$VERDICT" ]; then said=(--says "bench check came to no verdict: the log of its step says why"); fi
    "$here/bench" comment --key "${GITHUB_WORKFLOW-} ${GITHUB_JOB-} $MODE" "${said[@]}" ||
        printf '::warning title=bench check::the comment could not be written; the log of this step says why\n' >&2
    exit 0
fi

cannot() {
    printf '::error title=bench check::%s\n' "$*" >&2
    exit 2
}

no_baseline() { cannot "$*; say what to compare with (against)"; }
not_here="is not in this clone and could not be fetched; give actions/checkout fetch-depth: 0"

# A job in a container may be root in a workspace of another user's; what the job runs is that user's code in any case.
git() { command git -c safe.directory='*' "$@"; }

# Print the commit that a word names; fail if it is not here.
commit() { git rev-parse --verify --quiet --end-of-options "$1^{commit}"; }

# Run git as whom the checkout belongs to: what root fetches there, they could neither add to nor take away.
as_owner() {
    local objects user=
    objects=$(git rev-parse --git-path objects)
    if [ "$(id -u)" = 0 ]; then user=$(stat -c %u -- "$objects"); fi
    if [ "${user:-0}" = 0 ]; then
        git "$@"
    else
        # With their own settings: root's may not be theirs to read.
        env -u XDG_CONFIG_HOME HOME="$(getent passwd "$user" | cut -d: -f6)" \
            setpriv --reuid="$user" --regid="$(stat -c %g -- "$objects")" --clear-groups git "$@"
    fi
}

fetch() { as_owner fetch --quiet --no-tags --no-recurse-submodules "$@"; }

# Print the commit $1, which $2 describes; a shallow clone may have to get it.
here_or_fetched() {
    commit "$1" || { fetch --depth=1 origin "$1" && commit "$1"; } ||
        no_baseline "$2 ($1) $not_here"
}

# Print the merge base of HEAD and a branch of origin.
merge_base() {
    local theirs=refs/remotes/origin/$1 history=()
    if [ "$(git rev-parse --is-shallow-repository)" = true ]; then history=(--unshallow); fi
    if [ ${#history[@]} != 0 ] || ! commit "$theirs" >/dev/null; then
        fetch "${history[@]}" origin "$(commit HEAD)" "+refs/heads/$1:$theirs" ||
            no_baseline "the branch $1 $not_here"
    fi
    git merge-base HEAD "$theirs" || no_baseline "HEAD and the branch $1 have no commit in common"
}

# Print HEAD's parents, those too that a shallow clone does not hold.
parents() { git cat-file commit HEAD | sed -n '1,/^$/s/^parent //p'; }

# Print what the change is compared with: the state that it was made from, so that it is not blamed for others' changes.
baseline() {
    local head base= parents
    head=$(commit HEAD) || cannot "$PWD is no git checkout with a commit; put actions/checkout before this step"
    mapfile -t parents < <(parents)
    case ${GITHUB_EVENT_NAME-} in
    pull_request)
        # GitHub checks out the merge of the base and the change: its first parent is the base as it was merged.
        if [ "$head" = "${GITHUB_SHA-}" ] && [ ${#parents[@]} = 2 ]; then
            here_or_fetched "${parents[0]}" "the base of the pull request"
            return
        fi
        base=$(merge_base "$GITHUB_BASE_REF") || exit
        ;;
    pull_request_target) base=$(merge_base "$GITHUB_BASE_REF") || exit ;;
    merge_group)
        # An entry of the queue stands on those before it, which the branch does not hold yet.
        here_or_fetched "${MERGE_GROUP_BASE-}" "the base of the merge group"
        return
        ;;
    *)
        if [ -n "${DEFAULT_BRANCH-}" ] && [ "${GITHUB_REF-}" != "refs/heads/$DEFAULT_BRANCH" ]; then
            base=$(merge_base "$DEFAULT_BRANCH") || exit
        fi
        ;;
    esac
    if [ -n "$base" ] && [ "$base" != "$head" ]; then
        echo "$base"
        return
    fi
    case ${GITHUB_EVENT_NAME-} in
    pull_request*) no_baseline "HEAD has no commit that $GITHUB_BASE_REF has not; check out the pull request's" ;;
    esac
    # HEAD is on that branch: what was there before?
    case ${BEFORE-} in
    '')
        [ ${#parents[@]} != 0 ] || no_baseline "HEAD is the first commit"
        here_or_fetched "${parents[0]}" "the commit before HEAD"
        ;;
    *[!0]*) here_or_fetched "$BEFORE" "the commit before this push" ;;
    *) no_baseline "this push made ${GITHUB_REF_NAME-it}, so there is no commit before it, nor one of its own" ;;
    esac
}

if [ -z "${AGAINST-}" ]; then
    AGAINST=git:$(baseline) || exit
fi

# Lines, blanks and quotes as in a shell, and nothing else of one; a backslash at a line's end joins the next to it.
split=$(mktemp)
joined=${ARGUMENTS-}
xargs -r printf '%s\0' <<<"${joined//\\$'\n'/}" >"$split" ||
    cannot "arguments: a quote is not closed in the line where it opens"
mapfile -d '' -t arguments <"$split"

# Where a regression went stands beside the result, unless it is not asked for.
why=(--why "${RESULT%.jsonl}.why.md")
report=
if [ "${COMMENT-}" = true ]; then report=${RESULT%.jsonl}.md; fi
markdown=(${report:+--markdown "$report"})
before=
for word in "${arguments[@]}"; do
    case $word in --no-why | --why | --why=*) why=() ;; esac
    case $before$word in --markdown=*) markdown=() report=${word#*=} ;; --markdown?*) markdown=() report=$word ;; esac
    if [ "$word" = --markdown ]; then before=--markdown; else before=; fi
done

status=0
"$here/bench" check --mode "$MODE" --against "$AGAINST" --out "$RESULT" --junit "$JUNIT" "${why[@]}" \
    "${markdown[@]}" "${arguments[@]}" || status=$?
case $status in
0) verdict=OK ;;
1) verdict=REGRESSED ;;
3) verdict=INCONCLUSIVE ;;
*) verdict= ;;
esac
printf 'verdict=%s\nreport=%s\n' "$verdict" "$report" >>"$GITHUB_OUTPUT"
if [ "$status" = 3 ] && [ "$INCONCLUSIVE" = pass ]; then exit 0; fi
exit "$status"
