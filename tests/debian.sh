# How Debian is made from packages alone, for tests under another release or kernel; sourced by tests/*/run.

cannot() {
    echo "$0: $*" >&2
    exit 4
}

# What is told to end removes what it has made and ends what it runs, as one that comes to its end does.
trap 'exit 130' INT
trap 'exit 143' HUP TERM
running=
run_to_the_end() {
    setsid "$@" &
    running=$!
    wait "$running"
}
end_what_runs() {
    [ -z "$running" ] || kill -s KILL -- "-$running" 2>/dev/null || :
}

# Name the mirror that this machine takes Debian's packages from.
mirror() {
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
    echo "${site:-http://deb.debian.org/debian}"
}

# Give a new system this machine's own way to the package registries, whatever it is.
give_registries() {
    # shellcheck disable=SC2046 # a word a path
    cp --parents -r /etc/resolv.conf $(ls -d /etc/pip.conf /root/.config/pip /etc/ssl /usr/local/share/ca-certificates \
        /etc/apt/apt.conf.d /usr/share/keyrings 2>/dev/null) "$1/"
}

# Ask apt, in a folder of its own, for packages of another release or architecture than this machine's.
#   foreign_apt FOLDER RELEASE ARCH apt-get|apt-cache WORD...
foreign_apt() (
    folder=$1 release=$2 arch=$3 tool=$4
    shift 4
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    : >>"$folder/status"
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keys] $(mirror) $release main" >"$folder/sources.list"
    cd "$folder" && exec "$tool" -qq -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Acquire::Languages=none \
        -o APT::Sandbox::User=root -o Dir::State="$folder" -o Dir::State::lists="$folder/lists" \
        -o Dir::State::status="$folder/status" -o Dir::Cache="$folder" -o Dir::Cache::archives="$folder/archives" \
        -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Debug::NoLocking=1 "$@"
)

# Unpack packages into a folder: no script of theirs is run, so that it goes for any architecture.
#   unpack ROOT DEB...
unpack() {
    root=$1
    shift
    mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib"
    for merged in bin sbin lib; do [ -e "$root/$merged" ] || ln -s "usr/$merged" "$root/$merged"; done
    for deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$root"; done
}
