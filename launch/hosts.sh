# Shared by Tests/hosts and Benchmarks/overlap: hosts made of namespaces, on one machine.
# Sourced by bash scripts that have `set -eu` and have set `program` to what the ranks run.
#
# Each "host" is a network namespace with a host name, an address and a loopback of its own, joined to the others by a
# bridge; ranks on different ones reach each other by TCP only. Everything lives in namespaces of the script's and goes
# with them. Works as root, and as anybody where the kernel lets users make namespaces.

PATH=$PATH:/usr/sbin:/sbin

# go_apart "$@": starts the script again, with these arguments, in namespaces of its own. Exit code 77: there are none to be had.
go_apart() {
    [ -z "${DTRAIN_HOSTS:-}" ] || return 0
    local become=()
    [ "$(id -u)" = 0 ] || become=(--user --map-root-user)
    local apart=(unshare ${become[@]+"${become[@]}"} --mount --net --pid --fork --kill-child --mount-proc)
    if ! "${apart[@]}" ip link add probe type bridge; then
        echo "no namespaces or bridges are to be had here"
        exit 77
    fi
    DTRAIN_HOSTS=yes exec "${apart[@]}" bash "$0" "$@"
}

# make_hosts N: host1 to hostN, each known to the others by name; goes to a scratch folder, which ends with the script. Sets
# `scratch`, and `mpi` to the MPI of `program`, whose launcher then starts ranks on these hosts.
make_hosts() {
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/dtrain-hosts.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    cd "$scratch"
    mkdir pids
    ip link set lo up
    ip link add hosts type bridge
    ip link set hosts up
    local number pid
    printf '127.0.0.1 localhost\n' >names
    for ((number = 1; number <= $1; number++)); do printf '10.77.0.%s host%s\n' $number $number >>names; done
    mount --bind names /etc/hosts
    for ((number = 1; number <= $1; number++)); do
        unshare --uts --net sleep infinity &
        pid=$!
        echo $pid >pids/host$number
        # The process is in its namespaces once their numbers differ from ours.
        until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
        ip link add port$number type veth peer name eth0 netns $pid
        ip link set port$number master hosts up
        nsenter --target $pid --uts --net sh -c "hostname host$number
            ip link set lo up; ip addr add 10.77.0.$number/24 dev eth0; ip link set eth0 up"
    done

    # What a launcher takes for ssh: enter HOST COMMAND…
    cat >enter <<ENTER
#!/bin/sh
host=\$1
shift
[ -r $scratch/pids/\$host ] || { echo "enter: no host \$host" >&2; exit 255; }
exec nsenter --target "\$(cat $scratch/pids/\$host)" --uts --net sh -c "\$*"
ENTER
    chmod +x enter

    if ldd "$program" | grep -q libmpich; then
        mpi=mpich
        # UCX sees through the host names that the memory is one.
        export UCX_TLS=self,tcp HYDRA_LAUNCHER=rsh HYDRA_LAUNCHER_EXEC=$scratch/enter HYDRA_IFACE=eth0 UCX_NET_DEVICES=eth0
    else
        mpi=openmpi
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm_rsh_agent=$scratch/enter
        export OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_oob_tcp_if_include=eth0
        export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
    fi
}

# on HOST COMMAND: as a shell there takes it.
on() { "$scratch/enter" "$@"; }
