# Shared by launch/run, launch/test and launch/install: installs what is missing, builds, starts ranks.
# Sourced by bash scripts that have `set -eu`; defines functions and the variable `project`, and does nothing else.

project=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

# One line a package: Debian's name, how to see that it is there, what it is for. Probes: `command:NAME` on the PATH,
# `library:NAME` known to pkg-config, `shared:NAME` to the dynamic linker, `file:PATTERN` on disk, `python:MODULE` to Debian's own Python.
build_packages() {
    cat <<'TABLE'
pkg-config      command:pkg-config                  finds the C libraries
git             command:git                         fetches the Swift packages
ca-certificates file:/etc/ssl/certs/ca-certificates.crt  trust to fetch them with
g++             file:/usr/lib/gcc/*/*/libstdc++.so  the C and C++ runtime that Swift links with
libncurses6     shared:libncurses.so.6              Swift's own tools need this
libcurl4        shared:libcurl.so.4                 and this
libxml2         shared:libxml2.so.2                 and this
libsqlite3-0    shared:libsqlite3.so.0              and this
libhdf5-dev     library:hdf5                        run files and checkpoints
libopenblas-dev library:openblas                    the second matrix product, for comparison
zlib1g-dev      library:zlib                        compressed datasets
libssl-dev      library:libcrypto                   SHA-256 digests
libxxhash-dev   library:libxxhash                   hashes that find flipped bits
TABLE
    if [ "$(mpi_kind)" = mpich ]; then
        cat <<'TABLE'
libmpich-dev    library:mpich                       the ranks' messages
mpich           command:mpiexec.mpich               starts the ranks
TABLE
    else
        cat <<'TABLE'
libopenmpi-dev  library:ompi                        the ranks' messages
openmpi-bin     command:mpirun                      starts the ranks
TABLE
    fi
}

test_packages() {
    cat <<'TABLE'
hdf5-tools      command:h5dump                      what people look at runs with
python3-h5py    python:h5py                         reads runs and checkpoints back
python3-numpy   python:numpy                        compares what was read
binutils        command:nm                          shows which library functions are called
iproute2        command:ip                          networks of test hosts
hostname        command:hostname                    their names
procps          command:pgrep                       finds the rank to kill
TABLE
}

say() { echo "launch: $*" >&2; }

# fail STATUS MESSAGE…: 64 usage, 69 something missing, as in <sysexits.h>.
fail() {
    local status=$1
    shift
    say "$@"
    exit "$status"
}

mpi_kind() { echo "${DTRAIN_MPI:-openmpi}"; }

check_settings() {
    case "$(mpi_kind)" in
    openmpi | mpich) ;;
    *) fail 64 "DTRAIN_MPI is '$DTRAIN_MPI'; it must be 'openmpi' or 'mpich'" ;;
    esac
    case "${DTRAIN_RANKS:-4}" in
    '' | 0* | *[!0-9]*) fail 64 "DTRAIN_RANKS is '$DTRAIN_RANKS'; it must be a number of ranks, 1 or more" ;;
    esac
}

# is_there PACKAGE PROBE
is_there() {
    local what=${2#*:}
    case $2 in
    command:*) command -v "$what" >/dev/null ;;
    library:*)
        if command -v pkg-config >/dev/null; then
            pkg-config --exists "$what"
        else
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
        fi
        ;;
    shared:*) grep -qF "$what " <<<"$(/sbin/ldconfig -p)" ;;
    file:*) compgen -G "$what" >/dev/null ;;
    python:*) [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $what" 2>/dev/null ;;
    esac
}

# Reads a table of packages and prints the lines of those that are missing.
missing_of() {
    local name probe purpose
    while read -r name probe purpose; do
        is_there "$name" "$probe" || echo "$name $purpose"
    done
}

# Reads a table of packages and installs those that are missing.
install_missing() {
    local table missing names=() there=() name purpose
    table=$(cat)
    missing=$(missing_of <<<"$table")
    while read -r name purpose; do
        if [ -n "$name" ] && grep -q "^$name " <<<"$missing"; then names+=("$name"); else there+=("$name"); fi
    done <<<"$table"
    [ ${#there[@]} = 0 ] || say "already there: ${there[*]}"
    [ ${#names[@]} != 0 ] || return 0

    while read -r name purpose; do say "missing: $name ($purpose)"; done <<<"$missing"
    command -v apt-get >/dev/null ||
        fail 69 "there is no apt-get here; install the above with this system's own tools (the names are Debian's)"
    local root=()
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 2 ]; }; then
            root=(sudo)
        else
            fail 69 "installing needs root; run as root: apt-get install ${names[*]}"
        fi
    fi
    say "installing: ${names[*]}"
    "${root[@]}" apt-get update -qq >&2 || say "apt-get update failed; trying with the lists that are there"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${names[@]}" >&2 ||
        fail 69 "apt-get could not install: ${names[*]}"
    missing=$(missing_of <<<"$table")
    [ -z "$missing" ] || fail 69 "installed, but still not found: $(cut -d ' ' -f 1 <<<"$missing" | xargs)"
}

# Puts Swift on the PATH, or says how to get it.
find_swift() {
    local folder version
    if ! command -v swift >/dev/null; then
        for folder in "${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}" /opt/swift/usr/bin /usr/libexec/swift/bin; do
            if [ -x "$folder/swift" ]; then
                PATH=$folder:$PATH
                break
            fi
        done
    fi
    command -v swift >/dev/null ||
        fail 69 "Swift is missing: 6.3 or newer is needed. Get it from https://www.swift.org/install/linux/ and run this again"
    swift --version >/dev/null 2>&1 || fail 69 "$(command -v swift) does not run: $(swift --version 2>&1 | head -n 1)"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p')
    [ "$(printf '6.3\n%s\n' "$version" | sort -V | head -n 1)" = 6.3 ] ||
        fail 69 "Swift ${version:-of unknown version} is too old: 6.3 or newer is needed, from https://www.swift.org/install/linux/"
}

# The folder of a build: one for each MPI and target, so that they never overwrite each other.
# build_folder [KIND]
build_folder() {
    local name=.build
    [ "$(mpi_kind)" = openmpi ] || name+=-$(mpi_kind)
    [ -z "${DTRAIN_TARGET:-}" ] || name+=-$DTRAIN_TARGET
    echo "$project/$name${1:+-$1}"
}

# The compiler's option for the CPU that the build is for: this one, unless DTRAIN_TARGET names another (x86-64-v3).
target_option() {
    case $(uname -m) in
    aarch64 | arm64) echo "-mcpu=${DTRAIN_TARGET:-native}" ;;
    *) echo "-march=${DTRAIN_TARGET:-native}" ;;
    esac
}

# build FOLDER OPTION…: a release build; what it prints goes to standard error, which is where progress belongs.
build() {
    local folder=$1
    shift
    mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ] ||
        fail 73 "cannot write $folder; clone the project to a folder of your own and run it from there"
    [ -e "$folder/release" ] || say "building; the first time takes a few minutes"
    DTRAIN_MPI=$(mpi_kind) swift build --package-path "$project" --scratch-path "$folder" \
        -c release -Xcc "$(target_option)" "$@" >&2 || fail 70 "the build failed; what is above says where"
}

# The cores that ranks can have to themselves: no more than there are, than this process may use, than the container's
# quota pays for.
core_count() {
    local cores allowed quota period
    cores=$(lscpu -p=Core,Socket | grep -v '^#' | sort -u | wc -l)
    allowed=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
    [ "$cores" -gt 0 ] && [ "$cores" -le "$allowed" ] || cores=$allowed
    if read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max && [ "$quota" != max ]; then
        quota=$(((quota + period - 1) / period))
        [ "$cores" -le "$quota" ] || cores=$quota
    fi
    echo "$cores"
}

# Whether one process may read a sibling's memory, which Open MPI's single-copy messages do: containers often forbid it.
# Two children of one process; the first's string is at the address where the second has its own.
single_copy_works() {
    local call
    case $(uname -m) in
    x86_64) call=310 ;;
    aarch64) call=270 ;;
    *) return 0 ;;
    esac
    command -v perl >/dev/null || return 0
    perl -e '
        my ($call, $text, $copy) = (shift, "single copy works", "\0" x 17);
        my ($from, $into) = map { pack "Q2", unpack("Q", pack "p", $$_), 17 } \$text, \$copy;
        pipe my $ready, my $tell;
        my $owner = fork // exit 1;
        if (!$owner) { syscall $call == 310 ? 157 : 167, 0x59616d61, -1, 0, 0, 0; close $tell; sleep 5; exit }
        select undef, undef, undef, 0.02;
        my $reader = fork // exit 1;
        if (!$reader) { syscall $call + 0, $owner, $into, 1, $from, 1, 0; exit($copy ne $text) }
        waitpid $reader, 0;
        my $status = $?;
        kill "KILL", $owner;
        exit($status != 0)' "$call" 2>/dev/null
}

# Sets `launcher` to the command that starts $1 ranks on this machine, and the environment that MPI wants here.
prepare_launcher() {
    local ranks=$1 cores free
    cores=$(core_count)
    if [ "$(mpi_kind)" = mpich ]; then
        launcher=(mpiexec.mpich -np "$ranks")
        return
    fi
    launcher=("$(command -v mpirun.openmpi || command -v mpirun)" -q -np "$ranks")
    if [ "$(id -u)" = 0 ]; then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
    if [ "$ranks" -gt "$cores" ]; then
        say "$ranks ranks on $cores cores: they take turns"
        launcher+=(--oversubscribe --bind-to none --mca mpi_yield_when_idle 1)
    fi
    # Without ssh, Open MPI refuses even what needs none.
    command -v ssh >/dev/null || command -v rsh >/dev/null || export OMPI_MCA_plm_rsh_agent=false
    single_copy_works || export OMPI_MCA_btl_vader_single_copy_mechanism=none
    # Each rank maps some 5 MB in /dev/shm, and dies at the first touch when it is full: 64 MB is all that a container has.
    free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
    if [ "${free:-0}" -lt $((ranks * 8192)) ]; then
        export OMPI_MCA_btl_vader_backing_directory="${TMPDIR:-/tmp}" OMPI_MCA_osc_sm_backing_directory="${TMPDIR:-/tmp}"
    fi
}
