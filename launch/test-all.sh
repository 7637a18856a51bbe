# What `launch/test --all` adds: the installed program, the other MPI, other CPU targets. Sourced by launch/test.

# same_bits COMMAND FLAG…: a run of COMMAND, a program and perhaps what runs it, on one rank leaves the same as one of the
# build for this CPU and the chosen MPI: every row of the history, the hash of every tensor of every step, and the checkpoint.
same_bits() {
    local command=$1 here="$logs/here.$RANDOM$RANDOM" there="$logs/there.$RANDOM$RANDOM" own
    own=$(build_folder)/release/dtrain
    shift
    "$own" --quiet --trace "$@" --out "$here" && $command --quiet --trace "$@" --out "$there" && "$own" diff "$here" "$there"
}

# What the default network has not: the other activations and loss, clipping by norm, a schedule, Adam.
other_layers=(--epochs 1 --global-batch-size 500 --optimizer adam --set loss=meanSquaredError
    --set "network=[{linear: 40}, batchnorm, sigmoid, {linear: 24}, {dropout: 0.1}, tanh, {linear: 10}, softmax]"
    --set "gradientClipping={norm: 0.05}" --set "schedule={cosine: {final: 0.1, warmUpSteps: 2}}")

# Whether this CPU runs a build for target $1.
cpu_runs() {
    local needed feature
    case $1 in
    x86-64) return 0 ;;
    x86-64-v3) needed="avx2 fma bmi1 bmi2 f16c movbe" ;;
    x86-64-v4) needed="avx512f avx512bw avx512cd avx512dq avx512vl" ;;
    esac
    for feature in $needed; do grep -qw "$feature" /proc/cpuinfo || return 1; done
}

# test_target TARGET: a build for TARGET gives the same bits as that for this CPU.
test_target() {
    if ! cpu_runs "$1"; then
        skip "same bits on $1: this CPU has no $1"
        return
    fi
    local folder
    folder=$(DTRAIN_TARGET=$1 build_folder)
    (DTRAIN_TARGET=$1 build "$folder" --product dtrain)
    check "same bits on $1" same_bits "$folder/release/dtrain" --epochs 2
    check "same bits on $1, other layers" same_bits "$folder/release/dtrain" "${other_layers[@]}"
    [ "$1" = x86-64 ] || return 0
    # Without the instruction the C library computes its fmaf in software, and the CPU is emulated: a small network.
    echo "qemu-user command:qemu-x86_64 emulates a CPU without fused multiply-add" | install_missing
    check "same bits on a CPU without fused multiply-add, emulated" \
        same_bits "qemu-x86_64 -cpu Nehalem $folder/release/dtrain" "${other_layers[@]}"
}

# killed_and_resumed KIND KIND: a run on 3 ranks of one MPI loses a rank in mid-epoch, and goes on on 2 of the other.
killed_and_resumed() {
    local first second flags whole=$logs/whole.$1 run=$logs/killed.$1 job process victim launcher
    first=$(DTRAIN_MPI=$1 build_folder)/release/dtrain
    second=$(DTRAIN_MPI=$2 build_folder)/release/dtrain
    flags=(--quiet --epochs 40 --checkpoint-every 7 --set checkpoints.keepLast=0)
    DTRAIN_MPI=$1 prepare_launcher 3
    "${launcher[@]}" "$first" "${flags[@]}" --out "$run" &
    job=$!
    for ((i = 0; i < 600; i++)); do
        [ ! -e "$run/checkpoints/latest" ] || break
        sleep 0.1
    done
    for process in $(pgrep -f -- "--out $run"); do
        if [ "$(readlink "/proc/$process/exe")" = "$(readlink -f "$first")" ]; then victim=$process; fi
    done
    kill -KILL "$victim"
    ! wait $job || return 1
    grep running "$run/status" || return 1
    DTRAIN_MPI=$2 prepare_launcher 2
    "${launcher[@]}" "$second" --quiet --resume "$run" || return 1
    "$first" "${flags[@]}" --out "$whole" || return 1
    "$first" diff "$whole" "$run"
}

# The whole bundle with the other MPI, under its launcher.
test_other_mpi() {
    local other=mpich folder ranks
    [ "$(mpi_kind)" = openmpi ] || other=openmpi
    DTRAIN_MPI=$other build_packages | DTRAIN_MPI=$other install_missing
    folder=$(DTRAIN_MPI=$other build_folder)
    (export DTRAIN_MPI=$other && build "$folder" --build-tests)
    for ranks in 1 2 3 4 5 7 8 16; do DTRAIN_MPI=$other test_ranks "$ranks"; done
    check "same bits with $other" same_bits "$folder/release/dtrain" --epochs 2
    check "several hosts over TCP with $other" Tests/hosts "$folder/release/dtrain"
    check "killed with $(mpi_kind), resumed with $other" killed_and_resumed "$(mpi_kind)" $other
    check "killed with $other, resumed with $(mpi_kind)" killed_and_resumed $other "$(mpi_kind)"
}

test_all() {
    check "the README's commands, installed" Tests/readme
    test_other_mpi
    if [ "$(uname -m)" = x86_64 ]; then
        test_target x86-64-v3
        test_target x86-64-v4
        test_target x86-64
    fi
}
