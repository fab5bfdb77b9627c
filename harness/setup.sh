# Brings system packages and the Python environment to what this checkout needs; sourced by ./bench and ./test.
# Expects `here`, the checkout. Everything that is already there is told by its files, so that a finished set-up costs
# a few milliseconds. Files of the checkout belong to its owner, also when root sets it up through sudo.

environment=$here/.venv
locks='requirements.txt requirements-dev.txt'
system_python=/usr/bin/python3 # not the first on PATH: bcc is there for the system's Python alone

# Root's folders, where nft is, are looked in as well: an ordinary user's PATH, cron's and `env -i`'s lack them.
PATH=${PATH:-/usr/bin:/bin}
for folder in /usr/local/sbin /usr/sbin /sbin; do
    case :$PATH: in *:$folder:*) ;; *) PATH=$PATH:$folder ;; esac
done
export PATH

# Where nobody can be told, what is done and its status stand.
say() { printf 'bench: %s\n' "$*" >&2 2>/dev/null || :; }

cannot() {
    say "$*"
    exit 4
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# Say what is to be typed so that root runs a command: there may be no sudo, and root needs none.
to_type() {
    if is_root; then
        echo "type: $1"
    elif command -v sudo >/dev/null; then
        echo "type: sudo $1"
    else
        echo "as root, type: $1"
    fi
}

# Write words as a shell reads them.
quoted() {
    for word; do
        case $word in
        '' | *[!A-Za-z0-9_./:=,@%+-]*)
            printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g" | tr '\000-\037\177' '?')"
            ;;
        *) printf ' %s' "$word" ;;
        esac
    done
}

# Start this program again as root, through sudo, with these words; $1 says what needs it.
ask_for_root() {
    what=$1
    shift
    # sudo would look for a bare name on its own PATH, where `test` is something else.
    case $0 in */*) set -- "$0" "$@" ;; *) set -- "$here/$0" "$@" ;; esac
    typed=$(quoted "$@") typed=${typed# }
    if [ "${BENCH_NO_SUDO-}" = 1 ] || ! command -v sudo >/dev/null; then
        cannot "$what needs root; $(to_type "$typed")"
    fi
    # What sudo drops, and setting up or reporting takes. By name: a value may be a password, and words of a command
    # are for all to see. PYTHONPATH is not among them: root would import from it.
    names='BENCH_[A-Z_]+|PIP_[A-Z_]+|(https?|no|all)_proxy|(HTTPS?|NO|ALL)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE'
    names="$names|NO_COLOR|GITHUB_(ACTIONS|STEP_SUMMARY)"
    kept=$(env | sed -nE "s/^($names)=.*/\1/p" | sort -u | paste -sd , -)
    say "$what needs root; going on with: sudo $typed"
    # sudo's own failure has the status 1, and ours would read as a verdict.
    sudo -l -- "$@" >/dev/null || cannot "$what needs root, and sudo refuses (see above); as root, type: $typed"
    export BENCH_NO_SUDO=1 # a sudo that does not make root of us must not be asked again and again
    exec sudo ${kept:+"--preserve-env=$kept"} -- "$@"
}

# Run a command as the owner of the checkout, in it, and Python as if the caller had set nothing of it; what is made can
# be read by others, whatever root's umask is.
as_owner() (
    umask 022
    for name in $(env | sed -n 's/^\(PYTHON[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
    export PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1
    cd "$here" || exit
    owner=$(stat -c %u "$here")
    if ! is_root || [ "$owner" -eq 0 ]; then
        exec "$@"
    elif entry=$(getent passwd "$owner"); then
        home=${entry%:*} home=${home##*:}
        group=${entry#*:*:*:} group=${group%%:*}
        exec setpriv --reuid "$owner" --regid "$group" --init-groups \
            env HOME="$home" USER="${entry%%:*}" LOGNAME="${entry%%:*}" "$@"
    else # an owner without a name: a bind mount in a container
        exec setpriv --reuid "$owner" --regid "$(stat -c %g "$here")" --clear-groups env HOME=/nonexistent "$@"
    fi
)

# Name what an environment is made from: its locks, the system's Python, and the place (its scripts hold their path).
environment_key() {
    # shellcheck disable=SC2086 # one word a lock
    locked=$(cd "$here" && cat $locks | sha256sum)
    printf '%s %s %s' "${locked%% *}" "$(readlink -f "$system_python")" "$here"
}

# Say whether the environment is finished for $1: run, or dev, which holds all of run.
environment_is_ready() {
    [ -r "$environment/made-from" ] && read -r made_for made_from <"$environment/made-from" || return 1
    [ "$made_from" = "$(environment_key)" ] && { [ "$made_for" = "$1" ] || [ "$made_for" = dev ]; }
}

any_exists() {
    for path; do [ -e "$path" ] && return; done
    return 1
}

# List the packages to install, under this distribution's names: those for the environment, unless it is `ready`, and
# with $1 = kernel those for loading programs and making the testbed, with $1 = tests also what only tests need.
missing_packages() {
    if command -v dnf >/dev/null; then
        bcc=python3-bcc venv=python3-libs libc=glibc-devel libbpf=libbpf-devel ssh=openssh
    else
        bcc=python3-bpfcc venv=python3-venv libc=libc6-dev libbpf=libbpf-dev ssh=openssh-client
    fi
    [ -x "$system_python" ] || echo python3
    if [ -z "$ready" ]; then
        version=$(readlink -f "$system_python") version=${version##*/}
        any_exists "/usr/lib/$version/ensurepip" "/usr/lib64/$version/ensurepip" || echo $venv
    fi
    [ "$1" = kernel ] || [ "$1" = tests ] || return 0
    any_exists /usr/lib/python3/dist-packages/bcc /usr/lib*/python3*/site-packages/bcc || echo $bcc
    command -v nft >/dev/null || echo nftables
    # Only who asks for it counts instructions.
    if [ -n "${counts_instructions-}" ] || [ "$1" = tests ]; then command -v valgrind >/dev/null || echo valgrind; fi
    [ "$1" = tests ] || return 0
    command -v git >/dev/null || echo git
    command -v ssh-keygen >/dev/null || echo $ssh
    # What the senders and readers are compared with is in C.
    command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || echo gcc
    any_exists /usr/include/stdlib.h || echo $libc
    any_exists /usr/include/bpf/libbpf.h || echo $libbpf
}

package_command() {
    if command -v dnf >/dev/null; then echo "dnf install -y"; else echo "apt-get install -y"; fi
}

# Install packages without a question asked; lists are fetched only when the ones at hand do not do.
install_packages() {
    say "installing system packages: $*"
    log=$(mktemp)
    if command -v apt-get >/dev/null; then
        # NEEDRESTART_SUSPEND: a benchmark has no business restarting a machine's services.
        export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
        apt="apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 --no-install-recommends"
        $apt install "$@" >"$log" 2>&1 </dev/null ||
            { $apt update >"$log" 2>&1 && $apt install "$@" >>"$log" 2>&1 </dev/null; } || failed=1
    elif command -v dnf >/dev/null; then
        dnf install -y --setopt=install_weak_deps=False "$@" >"$log" 2>&1 </dev/null || failed=1
    else
        rm -f "$log"
        cannot "neither apt-get nor dnf is here; install by hand what gives: $*"
    fi
    [ -z "${failed-}" ] || tail -n 15 "$log" >&2
    rm -f "$log"
    [ -z "${failed-}" ] || cannot "the system packages could not be installed; type: $(package_command) $*"
}

# Make the environment anew. `made-from` is written last: without it, an environment is unfinished.
make_environment() {
    lock=requirements.txt
    [ "$1" = run ] || lock=requirements-$1.txt
    say "making the Python environment in $environment from $lock"
    as_owner rm -f "$environment/made-from"
    # --ignore-installed: packages of the system may go away with the next upgrade, and those of a user are not root's.
    as_owner "$system_python" -m venv --clear --system-site-packages "$environment" >&2 &&
        as_owner env PIP_USER=0 "$environment/bin/python" -m pip install -qq --disable-pip-version-check \
            --require-hashes --no-deps --only-binary :all: --ignore-installed -r "$lock" >&2 &&
        for packages in "$environment"/lib/python3*/site-packages; do
            # As bytes: Python reads the file in the locale's encoding, which under LC_ALL=C has no é.
            found=$(as_owner "$environment/bin/python" -I -c 'import os, sys
print(f"import os, sys; sys.path.append(os.fsdecode({os.fsencode(sys.argv[1])}))")' "$here") &&
                printf '%s\n' "$found" | as_owner tee "$packages/bench.pth" >/dev/null &&
                { [ -z "${bcc_linked-}" ] || as_owner ln -sfn "$bcc_linked" "$packages/bcc"; }
        done &&
        printf '%s %s\n' "$1" "$(environment_key)" | as_owner tee "$environment/made-from" >/dev/null ||
        cannot "the Python environment could not be made (see above); type the command again to start over"
}

# Set `ready` and `missing` for the environment $1 and the packages for $2.
look_around() {
    if environment_is_ready "$1"; then ready=yes; else ready=; fi
    missing=$(missing_packages "$2" | tr '\n' ' ') missing=${missing% }
}

may_not_install() {
    cannot "missing: $1; BENCH_NO_INSTALL=1 forbids to install; unset it and type the command again"
}

# Set up $1 (run or dev) with the packages for $2 (kernel, tests or nothing); keep a shared lock on the set-up in
# descriptor 9, so that no other start remakes the environment under a running session.
set_up() {
    exec 9<"$here/requirements.txt"
    flock --shared 9
    look_around "$@"
    if [ -z "$missing" ] && [ -n "$ready" ]; then return; fi

    if [ "${BENCH_NO_INSTALL-}" = 1 ]; then
        [ -n "$ready" ] || missing="$missing${missing:+ }and the Python environment in $environment"
        may_not_install "${missing#and }"
    fi
    if ! is_root && [ -n "$missing" ]; then
        cannot "missing: $missing; $(to_type "$(package_command) $missing")"
    fi
    if ! is_root && ! [ -w "$here" ]; then
        cannot "the Python environment is not made, and $here is not yours to write; $(to_type "$0 doctor")"
    fi
    flock --unlock 9
    flock --exclusive --nonblock 9 || {
        say "waiting for another bench on this checkout to end its set-up or its session"
        flock --exclusive 9
    }
    look_around "$@" # another start may have done the work meanwhile
    # shellcheck disable=SC2086 # one word a package
    [ -z "$missing" ] || install_packages $missing
    [ -x "$system_python" ] && "$system_python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        cannot "Python 3.11 or later is needed as $system_python: Debian 12, Ubuntu 24.04, Fedora 37, or later"
    [ -n "$ready" ] || make_environment "$(wanted_environment "$1")"
    flock --shared 9
}

# Make an environment that few need, where it is not there: of the programs that tests read exports with (readers:
# pandas, polars, DuckDB), of numba (compiled), which the reader of that name uses beside what .venv holds, or of Dask
# (fleet), as bench fleet does.
set_up_extra() (
    environment=$here/.venv-$1 locks=requirements-$1.txt
    exec 8<"$here/$locks"
    flock 8
    if environment_is_ready "$1"; then exit; fi
    [ "${BENCH_NO_INSTALL-}" != 1 ] || may_not_install "the Python environment in $environment"
    if ! is_root && ! [ -w "$here" ]; then
        cannot "$environment is not made, and $here is not yours to write; $(to_type "$typed")"
    fi
    case $1 in
    compiled) say "the compiled reader needs numba (about 200 MB), which is installed now, once" ;;
    fleet) say "a fleet's engine is Dask (about 60 MB), which is installed now, once" ;;
    esac
    make_environment "$1"
)

# Have an environment for each interpreter of a list such as python3.13,/opt/python/bin/python3: its own, since compiled
# packages are for one version. bcc is there for the system's Python alone, and pure Python: it is seen by a link.
# The lock is kept in descriptor 8, as set_up keeps its own.
set_up_pythons() {
    # Anything else is none, which the command says.
    case $1 in *[!A-Za-z0-9._+/,-]* | -* | *,-*) return ;; esac
    asked=$(printf %s "$1" | tr , ' ')
    exec 8<"$here/harness/setup.sh"
    flock --shared 8
    for name in $asked; do
        set_up_python "$name" look || case $? in 1) unready=yes ;; *) exit 4 ;; esac
    done
    [ -n "${unready-}" ] || return 0
    [ "${BENCH_NO_INSTALL-}" != 1 ] || may_not_install "an environment for each of --python $1"
    flock --unlock 8
    flock 8
    for name in $asked; do set_up_python "$name" make; done
    flock --shared 8
}

# Make the environment of one interpreter where it is not ready; with `look`, tell whether it is.
set_up_python() (
    found=$(command -v "$1") || cannot "--python $1: there is no such interpreter on the PATH $PATH; name it by its path"
    # What it says itself: the name may be a link, a script that chooses, or an environment's.
    system_python=$(as_owner "$(realpath -s "$found")" -I -c \
        'import sys; print(sys._base_executable); sys.exit(sys.version_info < (3, 11))') && [ -x "$system_python" ] ||
        cannot "--python $1: $found is no Python of 3.11 or later"
    environment=$here/.venv-python-$(printf %s "$1" | tr / @) locks=requirements.txt
    if environment_is_ready run; then exit 0; elif [ "$2" = look ]; then exit 1; fi
    for folder in /usr/lib/python3/dist-packages/bcc /usr/lib*/python3*/site-packages/bcc; do
        [ ! -e "$folder" ] || bcc_linked=$folder
    done
    make_environment run
)

# A developer's environment stays one when the locks change.
wanted_environment() {
    if [ -r "$environment/made-from" ] && read -r made_for _ <"$environment/made-from" && [ "$made_for" = dev ]; then
        echo dev
    else
        echo "$1"
    fi
}

# Keep root from leaving its bytecode in another's checkout: compile as the owner what changed since the last time.
compile_as_owner() {
    if ! is_root || [ -O "$here" ]; then return; fi
    export PYTHONDONTWRITEBYTECODE=1
    if ! [ -e "$environment/compiled" ] || [ -n "$(find "$here/bpf" "$here/modes" "$here/traffic" "$here/harness" \
        "$here/results" -name '*.py' -newer "$environment/compiled" -print -quit)" ]; then
        as_owner "$environment/bin/python" -m compileall -q bpf modes traffic harness results >/dev/null || return 0
        as_owner touch "$environment/compiled" 2>/dev/null || return 0
    fi
}

# The folder a command is typed in may be anybody's, and root's Python must not import from it.
export PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1
unset PYTHONEXECUTABLE # heeded even with -I, from Python 3.11 on
