"""What a step takes on R ranks: the terms of Documentation/scaling.md, and how they are fitted.

Microseconds and bytes throughout; a rate in bytes a microsecond is one in MB/s, so 10⁹ bytes a second are 1000.
"""

import math
import statistics

from scaling_cases import CASES, MEASURED, NETWORKS, PREDICTED, SHARDS, global_batch

# A parameter block (ownership), and the longest message that small collectives take through a node's window.
BLOCK, WINDOW = 1024, 1 << 20
# The most hosts whose first ranks all send to each other at once.
DIRECT = 8
# What a rank gives to the sum of the losses.
LOSS_BYTES = 24
TERMS = ("compute", "slowest", "waits", "node", "exchange", "all-gathers")


def expected_maximum(ranks):
    """The largest of R independent standard normal numbers, on average. Blom (1958): Φ⁻¹((R − 3/8) / (R + 1/4))."""
    return statistics.NormalDist().inv_cdf((ranks - 0.375) / (ranks + 0.25))


def _solve(rows, targets):
    """Least squares by the normal equations, of relative deviations: each row is divided by its target."""
    scaled = [[value / target for value in row] for row, target in zip(rows, targets)]
    size = len(rows[0])
    a = [[sum(row[i] * row[j] for row in scaled) for j in range(size)] + [sum(row[i] for row in scaled)] for i in range(size)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(a[k][i]))
        a[i], a[pivot] = a[pivot], a[i]
        for k in range(size):
            if k != i:
                factor = a[k][i] / a[i][i]
                a[k] = [x - factor * y for x, y in zip(a[k], a[i])]
    return [a[i][size] / a[i][i] for i in range(size)]


def _fit_compute(points):
    """fixed + sample·n + shard·(s − 1) of one rank; a term that comes out negative is left out."""
    terms = [lambda p: 1, lambda p: p["rows"], lambda p: p["shards"] - 1]
    kept = [0, 1, 2]
    while True:
        found = _solve([[terms[t](p) for t in kept] for p in points], [p["compute"] for p in points])
        if min(found) >= 0 or len(kept) == 1:
            break
        kept.remove(kept[found.index(min(found))])
    values = [0.0, 0.0, 0.0]
    for term, value in zip(kept, found):
        values[term] = value
    return dict(zip(("fixed", "sample", "shard"), values))


def fit(measured):
    """Every number of the model, from what was measured on this machine."""
    cores, cache = measured["machine"]["cores"], measured["machine"]["cache_bytes"]
    networks = {}
    for name, points in measured["compute"].items():
        values = _fit_compute(points)
        for point in points:
            predicted = values["fixed"] + values["sample"] * point["rows"] + values["shard"] * (point["shards"] - 1)
            point["fitted"] = predicted
        parameters = measured["parameters"][name]
        networks[name] = values | {
            # p95 of a normal distribution is 1.645 σ above its median.
            "sigma": max(statistics.median((p["p95"] / p["median"] - 1) / 1.645 for p in points), 0),
            "update": statistics.median(p["update"] for p in points) / parameters, "parameters": parameters,
            "waits": measured["waits"][name]}
    shared, messages = measured["shared"], measured["messages"]
    # Of 1,024 bytes a reduction is its two waits.
    least = {int(ranks): rows[0]["us"] for ranks, rows in shared.items()}
    alone = [(ranks - 1, us / 2) for ranks, us in least.items() if ranks <= cores]
    crowded = [((ranks - cores) / cores, us / 2) for ranks, us in least.items() if ranks > cores]
    slope = lambda points: statistics.median(us / x for x, us in points) if points else 0.0
    # What two ranks have to keep in a cache: two gradients and the parameters.
    rate = lambda rows, least: statistics.median(row["bytes"] / (row["us"] - least) for row in rows)
    rows, waiting = shared["2"], shared["2"][0]["us"]
    near = [r for r in rows if r["bytes"] >= 1 << 16 and 3 * r["bytes"] <= cache / 2]
    far = [r for r in rows if 3 * r["bytes"] > 2 * cache] or rows[-1:]
    near_rate = rate(near or rows[-1:], waiting)
    long = [r for r in messages if r["bytes"] >= 1 << 20] or messages[-1:]
    return {
        "networks": networks, "wait": slope(alone) or slope(crowded), "crowded_wait": slope(crowded),
        "near": near_rate, "far": min(rate(far, waiting), near_rate), "latency": messages[0]["us"] / 2,
        "bandwidth": rate(long, messages[0]["us"])}


def this_machine(measured, fitted):
    """The one host that the measured points ran on; its memory's rate is in `far` already."""
    return {"cores": measured["machine"]["cores"], "cache": measured["machine"]["cache_bytes"], "memory": math.inf,
            "latency": fitted["latency"], "bandwidth": fitted["bandwidth"], "hosts": 1}


def local_work(batch, ranks):
    """Rows and shards of the busiest rank, and how many ranks have rows. V = max(8, R)."""
    shards = max(SHARDS, ranks)
    own = -(-shards // ranks)
    return -(-batch // shards) * own, own, min(ranks, -(-min(batch, shards) // own))


def gather_bytes(values, name, ranks, working):
    """The small all-gathers of a step, each by the bytes that all ranks give together: norms with losses, batchnorms."""
    blocks = -(-values["parameters"] // BLOCK)
    sizes = [8 * (blocks + ranks) + LOSS_BYTES * working]
    for channels in NETWORKS[name]["batchnorm"]:
        sizes += [8 * (1 + 2 * channels) * working, 8 * 2 * channels * working]
    return sizes


def step(fitted, name, batch, ranks, place):
    """The microseconds of a step by where they go. `place` has the hosts: cores, cache, memory, latency, bandwidth; with
    `hosts` all ranks are on so many, else on as many as give each rank a core; `merged`: each host sends one record."""
    values = fitted["networks"][name]
    hosts = place.get("hosts") or -(-ranks // place["cores"])
    on_host = ranks // hosts
    turns = max(1.0, on_host / place["cores"])
    rows, shards, working = local_work(batch, ranks)
    compute = (values["fixed"] + values["sample"] * rows + values["shard"] * (shards - 1)) * turns
    slowest = compute * values["sigma"] * expected_maximum(working)

    arena = 4 * values["parameters"]
    blocks = -(-values["parameters"] // BLOCK)
    slice_bytes = min(arena, 4 * BLOCK * -(-blocks // ranks))
    update = values["update"] * slice_bytes / 4 * turns
    if ranks == 1:
        return dict(zip(TERMS, (compute, slowest, 0.0, update, 0.0, 0.0)))

    merged = place.get("merged")
    gathers = gather_bytes(values, name, hosts, min(hosts, working)) if merged else gather_bytes(values, name, ranks, working)
    # What is longer than the window's messages goes in pieces; each waits before the first ranks' exchange, and after it.
    pieces = [math.ceil(total / WINDOW) for total in gathers]
    waits = values["waits"] + sum(pieces) - len(pieces)
    if hosts > 1:
        waits += sum(pieces)
    if on_host <= place["cores"]:
        one = fitted["wait"] * (on_host - 1)
    else:
        one = fitted["crowded_wait"] * (on_host - place["cores"]) / place["cores"]

    # Gradients of the node's ranks on this rank's part of them, the parameters that others wrote, everybody's records, and
    # the other nodes' sums of the own slice.
    moved = arena + arena * (ranks - 1) / ranks + sum(gathers)
    if hosts > 1:
        moved += hosts * slice_bytes
    is_near = (on_host + 1) * arena <= place["cache"]
    rate = fitted["near"] if is_near else min(fitted["far"], place["memory"] / on_host)
    node = update + moved / rate * turns

    other = (hosts - 1) / hosts
    latency, bandwidth = place["latency"], place["bandwidth"]
    joining = exchange = 0.0
    if hosts > 1:
        # All at once between a few hosts, in rounds between more (MPICommunicator.allgather).
        messages = math.ceil(math.log2(hosts)) if merged or hosts > DIRECT else hosts - 1
        joining = sum(messages * latency * parts + total * other / bandwidth for total, parts in zip(gathers, pieces))
        exchange = 2 * ((hosts - 1) * latency + arena * other / bandwidth)
    return dict(zip(TERMS, (compute, slowest, waits * one, node, exchange, joining)))


def rows_of(fitted, case, place, ranks_of):
    """A row for each number of ranks: the step's terms, their sum, and what it gains over one rank."""
    alone = sum(step(fitted, case["network"], global_batch(case, 1), 1, place | {"hosts": 1}).values())
    rows = []
    for ranks in ranks_of:
        terms = step(fitted, case["network"], global_batch(case, ranks), ranks, place)
        total = sum(terms.values())
        efficiency = alone / total if case["kind"] == "weak" else alone / total / ranks
        rows.append({"ranks": ranks, "us": total, "terms": terms, "efficiency": efficiency, "speed_up": efficiency * ranks,
                     "hosts": place.get("hosts") or -(-ranks // place["cores"])})
    return rows


def evaluate(measured, assumed):
    """The fit; the model on the measured points beside what was measured; its predictions on the assumed hosts."""
    fitted = fit(measured)
    here = this_machine(measured, fitted)
    place = assumed | {"latency": assumed["latency"] or fitted["latency"],
                       "bandwidth": assumed["bandwidth"] or fitted["bandwidth"]}
    cases = []
    for case, points in zip(CASES, measured["points"]):
        check = rows_of(fitted, case, here, MEASURED)
        first = points[0]["us"]
        for row, point in zip(check, points):
            gain = first / point["us"] * (row["ranks"] if case["kind"] == "weak" else 1)
            row |= {"measured": point["us"], "least": point["least"], "most": point["most"],
                    "error": row["us"] / point["us"] - 1, "measured_speed_up": gain,
                    "measured_efficiency": gain / row["ranks"]}
        curve = [1 << power for power in range(13)]
        cases.append({**case, "check": check, "predicted": rows_of(fitted, case, place, PREDICTED),
                      "curve": rows_of(fitted, case, place, curve)})
    return {"fit": fitted, "place": place, "cases": cases}
