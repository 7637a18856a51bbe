"""Documentation/scaling.md: what stands between its markers is made here, from what Benchmarks/scaling has found.

The model's formulas around them, which no figure changes, are the page's own.
"""

import os

import curves
import page
from scaling_cases import CASES, MEASURED, NETWORKS, title
from model import TERMS, gather_bytes, rows_of

BEGIN, END = "<!-- Benchmarks/scaling writes from here -->", "<!-- to here -->"
PLOT = "scaling.svg"
# Other networks that the predictions are repeated for: microseconds, and bytes a microsecond.
OTHERS = (("100 Gb/s InfiniBand", 1.5, 12_500), ("25 Gb/s Ethernet", 20, 3_125))

# The ranks of predictions that are made in more than one way.
LARGE = (256, 1024, 4096)

busy = page.busy


def check(path, fail):
    """Calls `fail` if there is no such page, or none with markers."""
    try:
        with open(path) as source:
            text = source.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        fail(f"--write {path}: {reason}; it replaces a part of a page that is there: Documentation/scaling.md")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        fail(f"--write {path}: the page has no '{BEGIN}' followed by '{END}'")


def _ms(microseconds):
    value = microseconds / 1e3
    return f"{value:,.{3 if value < 1 else 2 if value < 10 else 1}f}"


def _percent(share):
    if share < 0.001:
        return "< 0.1 %" if share else ""
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"


def _times(factor):
    return f"{factor:.2f}" if factor < 10 else f"{factor:,.1f}"


def checks(found):
    """Every measured point with the model beside it."""
    lines = ["| case | ranks | ms a step, measured | model | error | speed-up, measured | efficiency, measured |",
             "|---|---|---|---|---|---|---|"]
    for case in found["cases"]:
        for i, row in enumerate(case["check"]):
            error = f"{row['error'] * 100:+.0f} %"
            error = f"**{error}**" if abs(row["error"]) > 0.3 else error
            gain = "" if case["kind"] == "weak" else f"{row['measured_speed_up']:.2f}"
            lines.append(
                f"| {title(case) if i == 0 else ''} | {row['ranks']} | {_ms(row['measured'])} ({_ms(row['least'])}–"
                f"{_ms(row['most'])}) | {_ms(row['us'])} | {error} | {gain} | {_percent(row['measured_efficiency'])} |")
    return "\n".join(lines)


def _errors(found):
    """How far the model is off, where each rank has a core and where not."""
    cores = found["measured"]["machine"]["cores"]
    parts = []
    for what, chosen in (("one rank", lambda r: r == 1), (f"several ranks with a core each (up to {cores})",
                         lambda r: 1 < r <= cores), (f"more ranks than the {cores} cores", lambda r: r > cores)):
        errors = [row["error"] for case in found["cases"] for row in case["check"] if chosen(row["ranks"])]
        if errors:
            worst = max(errors, key=abs)
            mean = sum(abs(e) for e in errors) / len(errors)
            parts.append(f"{what}: {mean * 100:.0f} % on average, {worst * 100:+.0f} % at worst")
    return "; ".join(parts)


def _why(found):
    """What a busy machine does to the errors, if it was one."""
    if not busy(found["measured"]):
        return ""
    return ("The other programs are in the measured points of as many ranks as cores and more, where any of them holds up "
            "every rank, and hardly in the compute that the model is fitted to, since one rank finds a free core: of these "
            "errors it can't be said which part is the model's.")


def _terms(case):
    """Where predicted time goes."""
    head = "speed-up" if case["kind"] == "strong" else "samples/s by one rank's"
    lines = [f"| ranks | hosts | ms a step | {head} | efficiency | compute | slowest | waits | node | network: exchange | "
             "all-gathers |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    for row in case["predicted"]:
        shares = " | ".join(_percent(row["terms"][term] / row["us"]) for term in TERMS)
        lines.append(f"| {row['ranks']:,} | {row['hosts']} | {_ms(row['us'])} | {_times(row['speed_up'])} | "
                     f"{_percent(row['efficiency'])} | {shares} |")
    return "\n".join(lines)


def _fitted(found):
    """The model's numbers, and what each was fitted to."""
    fit, cores = found["fit"], found["measured"]["machine"]["cores"]
    lines = ["| | value | fitted to |", "|---|---|---|"]
    for key, values in fit["networks"].items():
        name = NETWORKS[key]["name"]
        points = found["measured"]["compute"][key]
        off = max(abs(p["fitted"] / p["compute"] - 1) for p in points)
        rows = f"{min(p['rows'] for p in points)} to {max(p['rows'] for p in points):,}"
        lines += [
            f"| {name}: P, W | {values['parameters']:,} parameters with padding, {values['waits']:g} waits | `memory`: "
            "gradients; `step.waits` |",
            f"| {name}: a₀, a₁, a₂ | {values['fixed']:,.1f} µs, {values['sample']:.2f} µs a sample, {values['shard']:,.1f} µs "
            f"a further shard | `step` less `reduce`, `update` and `publish`, 1 rank, {rows} samples, 1 and 8 shards: at most "
            f"{off * 100:.0f} % off |",
            f"| {name}: σ | {values['sigma'] * 100:.1f} % of compute | `step`: (p95 / median − 1) / 1.645, the median of these "
            f"points, of {NETWORKS[key]['steps'][0]} steps each |",
            f"| {name}: u | {values['update'] * 1e3:.3f} ns a parameter | phase `update`, 1 rank |"]
    lines += [
        f"| w | {fit['wait']:.2f} µs a further rank | `reduction` of 1,024 bytes, halved: it has two waits; ranks with a core "
        "each |",
        f"| w′ | {fit['crowded_wait']:.1f} µs by (L − c) / c | the same on more ranks than the {cores} cores |",
        f"| B in a cache, in memory | {fit['near'] / 1e3:.1f}, {fit['far'] / 1e3:.1f} GB/s a rank | `reduction` on 2 ranks, "
        "less its waits |",
        f"| α, β | {fit['latency']:.2f} µs, {fit['bandwidth'] / 1e3:.2f} GB/s | `reduction` on 2 ranks, `sharedMemory=false`: "
        "MPI messages inside this machine, no network |"]
    return "\n".join(lines)


def _assumptions(found):
    place, assumed = found["place"], found["assumed"]
    alpha = "assumed" if assumed["latency"] else "measured inside this machine, **assumed** of a network"
    beta = "assumed" if assumed["bandwidth"] else "measured inside this machine, **assumed** of a host's connection"
    return (f"Hosts of {place['cores']} cores like this one's, a rank on each core; {place['memory'] / 1e3:g} GB/s of memory "
            f"and {place['cache'] / 2**20:g} MiB of last cache a host (assumed); α = {place['latency']:.2f} µs a message "
            f"({alpha}); β = {place['bandwidth'] / 1e3:.2f} GB/s a host each way ({beta}).")


def _others(found):
    """The same predictions over networks that are stated, not measured."""
    networks = [("as above", found["place"]["latency"], found["place"]["bandwidth"]), *OTHERS]
    lines = ["| case | ranks | " + " | ".join(f"{name}: ms, efficiency" for name, _, _ in networks) + " |",
             "|---|---|" + "---|" * len(networks)]
    for case in CASES:
        for ranks in LARGE:
            cells = []
            for _, latency, bandwidth in networks:
                place = found["place"] | {"latency": latency, "bandwidth": bandwidth}
                row = rows_of(found["fit"], case, place, [ranks])[0]
                cells.append(f"{_ms(row['us'])}, {_percent(row['efficiency'])}")
            lines.append(f"| {title(case) if ranks == LARGE[0] else ''} | {ranks:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _merged(found):
    """The same predictions if each host merged its ranks' records before they are sent."""
    lines = ["| case | ranks | as built: ms, efficiency | merged on each host: ms, efficiency | all-gathers then |",
             "|---|---|---|---|---|"]
    for case in CASES:
        for ranks in LARGE:
            built, merged = (rows_of(found["fit"], case, found["place"] | {"merged": merged}, [ranks])[0]
                             for merged in (False, True))
            lines.append(f"| {title(case) if ranks == LARGE[0] else ''} | {ranks:,} | {_ms(built['us'])}, "
                         f"{_percent(built['efficiency'])} | {_ms(merged['us'])}, {_percent(merged['efficiency'])} | "
                         f"{_percent(merged['terms']['all-gathers'] / merged['us'])} |")
    return "\n".join(lines)


def generated(found):
    measured = found["measured"]
    machine = measured["machine"]
    rounds = f"{measured['rounds']} round" + ("s" if measured["rounds"] != 1 else "")
    predictions = "\n\n".join(
        f"**Predicted: {title(case)}.**\n\n{_terms(case)}" for case in found["cases"])
    others = "; ".join(f"{name}: α = {latency:g} µs, β = {bandwidth / 1e3:g} GB/s" for name, latency, bandwidth in OTHERS)
    text = f"""\
Taken on {measured['date']}: {machine['cores']} cores of an {machine['cpu']}, {rounds}, in turn in one run (load before it {machine['load']:.1f}). dtrain {measured['version']}, {machine['mpi']}.

{busy(measured)}

![Speed-up and efficiency by ranks, measured and predicted]({PLOT})

### Measured, and the model's error

{', '.join(str(ranks) for ranks in MEASURED[:-1])} and {MEASURED[-1]} ranks on the {machine['cores']} cores, 8 shards at every number of ranks. Medians of the rounds' medians, the least and the most in parentheses. Error: the model by what was measured, less 1; above 30 % in bold.

{checks(found)}

The model is off by: {_errors(found)}. One rank is what it was fitted to, on other runs. {_why(found)}

### What was fitted

{_fitted(found)}

### Predicted

{_assumptions(found)} Shards: as many as ranks.

{predictions}

**Predicted, with other all-gathers.** What is not built: each host merges its ranks' records along the tree, and the hosts exchange one record each.

{_merged(found)}

**Predicted, over other networks.** Assumed, {others}.

{_others(found)}
"""
    return text.replace("\n\n\n", "\n\n")


def write(path, text, found):
    """Replaces what is between the page's markers, and the drawing beside it."""
    with open(path) as source:
        before, rest = source.read().split(BEGIN)
    contents = {path: f"{before}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}",
                os.path.join(os.path.dirname(os.path.abspath(path)), PLOT): curves.drawing(found)}
    for name, content in contents.items():
        with open(name, "w") as target:
            target.write(content)
