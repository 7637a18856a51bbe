# What `launch/test --all` adds: the installed program, the other MPI, other CPU targets. Sourced by launch/test.

# The digest of two epochs of the default network, trained by $1 on one rank.
digest_of() {
    "$1" --quiet --epochs 2 --out "$logs/digest.$RANDOM$RANDOM" | sed -n 's/^digest *//p'
}

# same_digest PROGRAM: the same bits as the build for this CPU and the chosen MPI.
same_digest() {
    local expected given
    expected=$(digest_of "$(build_folder)/release/dtrain")
    given=$(digest_of "$1")
    echo "$expected from $(build_folder)"
    echo "$given from $1"
    [ -n "$expected" ] && [ "$given" = "$expected" ]
}

# Whether this CPU runs a build for target $1.
cpu_runs() {
    local needed feature
    case $1 in
    x86-64-v3) needed="avx2 fma bmi1 bmi2 f16c movbe" ;;
    x86-64-v4) needed="avx512f avx512bw avx512cd avx512dq avx512vl" ;;
    esac
    for feature in $needed; do grep -qw "$feature" /proc/cpuinfo || return 1; done
}

# test_target TARGET: a build for TARGET gives the same bits as that for this CPU.
test_target() {
    if ! cpu_runs "$1"; then
        echo "SKIPPED same bits on $1: this CPU has no $1"
        skipped+=("same bits on $1")
        return
    fi
    local folder
    folder=$(DTRAIN_TARGET=$1 build_folder)
    (DTRAIN_TARGET=$1 build "$folder" --product dtrain)
    check "same bits on $1" same_digest "$folder/release/dtrain"
}

# The whole bundle with the other MPI, under its launcher.
test_other_mpi() {
    local other=mpich folder ranks
    [ "$(mpi_kind)" = openmpi ] || other=openmpi
    DTRAIN_MPI=$other build_packages | DTRAIN_MPI=$other install_missing
    folder=$(DTRAIN_MPI=$other build_folder)
    (export DTRAIN_MPI=$other && build "$folder" --build-tests)
    for ranks in 1 2 3 4 7; do DTRAIN_MPI=$other test_ranks "$ranks"; done
    check "same bits with $other" same_digest "$folder/release/dtrain"
}

test_all() {
    check "the README's commands, installed" Tests/readme
    test_other_mpi
    if [ "$(uname -m)" = x86_64 ]; then
        test_target x86-64-v3
        test_target x86-64-v4
    fi
}
