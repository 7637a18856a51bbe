"""Documentation/benchmarks.md: what stands between its markers is made here, from what Benchmarks/compare has found.

The prose around them, which no figure changes, is the page's own.
"""

import os

import plots
from cases import BLAS, OWN

BEGIN, END = "<!-- Benchmarks/compare writes from here -->", "<!-- to here -->"
# A whole loop by its steps holds what lies between two steps as well; further apart than this they do not agree.
AGREEMENT = 0.1


def check(path, fail):
    """Calls `fail` if there is no such page, or none with markers."""
    try:
        with open(path) as source:
            text = source.read()
    except OSError as error:
        fail(f"--write {path}: {error.strerror}; it replaces a part of a page that is there: Documentation/benchmarks.md")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        fail(f"--write {path}: the page has no '{BEGIN}' followed by '{END}'")


def _range(least, most, digits):
    return f"{least:.{digits}f}–{most:.{digits}f}"


def _digits(milliseconds):
    return 3 if milliseconds < 1 else 2 if milliseconds < 10 else 1


def is_below(entry):
    """Whether the target would be a step shorter than what its products with weights take at the peak."""
    return entry.get("reached") is False and entry["target"] > entry["over_products"]


def table(found):
    """The figures, losing ones in bold."""
    lines = ["| case | program | ms a step | by its products' | by dtrain's time | target | |", "|---|---|---|---|---|---|---|"]
    for c in found["cases"]:
        for program, entry in c["programs"].items():
            digits = _digits(entry["median"])
            time = (f"{entry['median']:.{digits}f} ({_range(entry['least'], entry['most'], digits)}) | "
                    f"{entry['over_products']:.2f}")
            if program == "dtrain":
                lines.append(f"| {plots.title(c)} | dtrain | {time} | 1 | | |")
                continue
            ratio = f"{entry['ratio']:.2f}"
            ratio = f"**{ratio}**" if entry["ratio"] < 1 else ratio
            target = "" if entry["target"] is None else f"{entry['target']:g}"
            reached = {None: "", True: "reached", False: "not reached"}[entry["reached"]]
            if is_below(entry):
                reached = "below the products"
            lines.append(f"| | {found['labels'][program]} | {time} | {ratio} "
                         f"({_range(entry['least_ratio'], entry['most_ratio'], 2)}) | {target} | {reached} |")
    return "\n".join(lines)


def losses(found):
    """The mean loss of the epoch without dropout, in every program of every case."""
    lines = ["| case | steps | dtrain | gemm: blas | peers | largest difference among the peers | from dtrain |",
             "|---|---|---|---|---|---|---|"]
    for c in found["cases"]:
        means = dict(c["losses"]["means"])
        own, blas = means.pop("dtrain"), means.pop(BLAS)
        peers = sorted(means.values())
        among = f"{(peers[-1] / peers[0] - 1) * 100:.3f} %" if len(peers) > 1 else ""
        note = " (batchnorm of own rows)" if c["losses"]["local_batchnorm"] else ""
        lines.append(
            f"| {plots.title(c)} | {c['losses']['steps']} | {own:.4f} | {blas:.4f} "
            f"| {', '.join(f'{mean:.4f}' for mean in means.values())} "
            f"| {among} | {max(abs(mean / own - 1) for mean in peers) * 100:.3f} %{note} |")
    return "\n".join(lines)


def disagreements(found):
    """One line for each program whose whole loop, by its steps, is not what its steps take."""
    for c in found["cases"]:
        for program, entry in c["programs"].items():
            ratio = entry["loop"] / entry["median"]
            if abs(ratio - 1) > AGREEMENT:
                yield (f"{plots.title(c)}, {found['labels'][program]}: a whole epoch by its steps took {entry['loop']:.3g} ms, "
                       f"{ratio:.2f} times the median step")


def busy(found):
    """A warning if others used the machine's cores when the measurement began."""
    load, cores = found["machine"]["load"], found["machine"]["cores"]
    if load < cores / 4:
        return ""
    return (f"The machine was busy, with a load of {load:.1f} on {cores} cores: figures are provisional, to be taken again on "
            "an idle one.")


def _checked(found):
    """How the two clocks agree, in a sentence or two."""
    ratios = [entry["loop"] / entry["median"] for c in found["cases"] for entry in c["programs"].values()]
    own = [c["programs"]["dtrain"] for c in found["cases"]]
    text = (f"A whole epoch's wall time by its steps is {min(ratios):.2f} to {max(ratios):.2f} times the median step; "
            f"the sum of the parts of dtrain's step is {min(e['phases'] / e['median'] for e in own):.2f} to "
            f"{max(e['phases'] / e['median'] for e in own):.2f} times the step.")
    notes = list(disagreements(found))
    if notes:
        text += (f" Where they are more than {AGREEMENT:.0%} apart some steps took much longer than the median, "
                 "so look at both:\n\n".replace("%", " %") + "\n".join(f"- {note}" for note in notes))
    return text


def _counts(found):
    verdicts = [entry["reached"] for c in found["cases"] for entry in c["programs"].values() if entry.get("target")]
    slower = [f"{plots.title(c)} against {found['labels'][program]}" for c in found["cases"]
              for program, entry in c["programs"].items() if program not in OWN and entry["ratio"] < 1]
    faster = [plots.title(c) for c in found["cases"] if c["programs"][BLAS]["ratio"] < 1]
    below = sum(is_below(entry) for c in found["cases"] for entry in c["programs"].values())
    text = f"{sum(verdicts)} of {len(verdicts)} targets are reached" + (
        f"; {below} of the others would be steps shorter than their products with weights take at the peak. " if below else ". ")
    text += f"dtrain is slower in: {'; '.join(slower)}." if slower else "dtrain is slower in none."
    return text + (f" With CBLAS's products it is faster in: {'; '.join(faster)}." if faster else
                   " With CBLAS's products it is faster in none.")


def generated(found):
    machine = found["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in sorted(found["versions"].items(), key=lambda x: x[0].lower()))
    rounds = f"{found['rounds']} round" + ("s" if found["rounds"] != 1 else "")
    text = f"""\
Taken on {found['date']}: {machine['cores']} cores of an {machine['cpu']}, {machine['peak']:.0f} GFLOP/s the peak of one alone with vectors of {machine['vector_bits']} bits, {rounds}, in turn in one run (load before it {machine['load']:.1f}). {versions}.

{busy(found)}

![Another program's time by dtrain's, for every case](benchmarks-ratios.svg)

![Milliseconds a step of every program, for every case](benchmarks-milliseconds.svg)

{_counts(found)} Medians of the rounds' medians, the least and the most in parentheses; ratios below 1, where dtrain loses, in bold. Under "by its products'" is a step's time by what dtrain's products with weights in it take at the peak of a core: dtrain, which takes them all, cannot be ahead of a program by more than that.

{table(found)}

{_checked(found)}

**The same losses.** The mean loss of an epoch without dropout, from the same first weights, in the same order:

{losses(found)}
"""
    return text.replace("\n\n\n", "\n\n")


def write(path, found):
    """Replaces what is between the page's markers, and the drawings beside it."""
    with open(path) as source:
        before, rest = source.read().split(BEGIN)
    folder = os.path.dirname(os.path.abspath(path))
    contents = {
        path: f"{before}{BEGIN}\n\n{generated(found)}\n{END}{rest.split(END)[1]}",
        os.path.join(folder, "benchmarks-ratios.svg"): plots.ratios(found),
        os.path.join(folder, "benchmarks-milliseconds.svg"): plots.milliseconds(found)}
    for name, content in contents.items():
        with open(name, "w") as target:
            target.write(content)
