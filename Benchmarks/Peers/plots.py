"""The drawings of Documentation/benchmarks.md, as SVG: bars of ratios, and points of milliseconds.

Written by hand: they need no package, and their colours follow the reader's light or dark mode, on a panel of their own.
"""

import math
from xml.sax.saxutils import escape

from cases import OWN

# Okabe and Ito's colours, which colour-blind readers tell apart, light enough and dark enough for either panel.
COLOURS = {
    "dtrain": "#d55e00", "dtrain-blas": "#e8a33d", "torch": "#7fb2e5", "torch-fused": "#3a86c8",
    "torch-ddp": "#3a86c8", "jax": "#b07aa1", "numpy": "#2a9d78", "numpy-mpi": "#2a9d78"}
STYLE = """<style>
text { font: 13px system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; fill: #1e293b }
.title { font-size: 15px; font-weight: 600 }
.case { font-weight: 600 }
.small, .tick { font-size: 11.5px; fill: #475569 }
.tick { text-anchor: middle }
.number { font-variant-numeric: tabular-nums; text-anchor: end }
.panel { fill: #fcfcfd }
.grid { stroke: #e2e8f0 }
.one { stroke: #d55e00; stroke-width: 2 }
.range { stroke: #1e293b; stroke-width: 1.3 }
.target { stroke: #1e293b; stroke-width: 1.5; stroke-dasharray: 3 2.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e2e8f0 }
.small, .tick { fill: #a8b3c4 }
.panel { fill: #15191f }
.grid { stroke: #2d3540 }
.range, .target { stroke: #e2e8f0 }
}
</style>"""
LEFT, WIDTH = 200, 900
TOP, ROW, GAP = 92, 20, 16
# Where the columns of numbers on the right end.
COLUMNS = (700, 790, 880)
RIGHT = WIDTH - 640


class Drawing:
    """Rows under one another over a logarithmic axis from `low` to `high`."""

    def __init__(self, title, subtitle, height, low, high, ticks, unit):
        self.low, self.high = math.log(low), math.log(high)
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            'role="img">', f"<title>{escape(title)}</title>", STYLE, '<rect class="panel" width="100%" height="100%" rx="8"/>']
        self.text(20, 28, title, "title")
        self.text(20, 48, subtitle, "small")
        for tick in ticks:
            x = self.x(tick)
            self.line("grid", x, TOP - 8, x, height - 34)
            self.text(x, height - 16, f"{tick:g}{unit}", "tick")

    def x(self, value):
        return LEFT + (math.log(value) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def text(self, x, y, content, kind=""):
        self.parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(content)}</text>')

    def numbers(self, y, contents):
        """Text in the columns on the right."""
        for x, content in zip(COLUMNS, contents):
            self.text(x, y, content, "small number")

    def line(self, kind, x1, y1, x2, y2):
        self.parts.append(f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')

    def range(self, y, least, most):
        """A whisker from `least` to `most`."""
        self.line("range", self.x(least), y, self.x(most), y)
        for end in (least, most):
            self.line("range", self.x(end), y - 3.5, self.x(end), y + 3.5)

    def rectangle(self, program, x1, y1, x2, y2, tip):
        self.parts.append(
            f'<rect fill="{COLOURS[program]}" x="{min(x1, x2):.1f}" y="{y1:.1f}" width="{max(abs(x2 - x1), 1):.1f}" '
            f'height="{y2 - y1:.1f}"><title>{escape(tip)}</title></rect>')

    def point(self, program, value, y, tip):
        self.parts.append(
            f'<circle fill="{COLOURS[program]}" cx="{self.x(value):.1f}" cy="{y:.1f}" r="5.5">'
            f"<title>{escape(tip)}</title></circle>")

    def svg(self):
        return "\n".join(self.parts + ["</svg>"]) + "\n"


def title(c):
    """`default, 2 × 64`."""
    return f"{c['network']}, {c['ranks']} × {c['rows']:,}"


def _axis(values, candidates):
    """The ends of an axis that has room for the values, and the candidates between them."""
    low, high = min(values) / 1.15, max(values) * 1.15
    return low, high, [tick for tick in candidates if low <= tick <= high]


def ratios(found):
    """How many times dtrain's time each peer takes: a bar from dtrain's to it, and the range of the rounds."""
    rows = [(c, program, entry) for c in found["cases"] for program, entry in c["programs"].items() if program != "dtrain"]
    values = [1] + [entry[key] for _, _, entry in rows for key in ("least_ratio", "most_ratio", "ratio")]
    values += [entry["target"] for _, _, entry in rows if entry["target"]]
    low, high, ticks = _axis(values, [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64])
    height = TOP + len(rows) * ROW + len(found["cases"]) * (GAP + ROW) + 30
    drawing = Drawing(
        "A training step: another program's time by dtrain's",
        "Right of the line dtrain is faster, left of it slower. Whiskers: least and most of the rounds. Dashed: the target.",
        height, low, high, ticks, "×")
    drawing.numbers(TOP - 14, ("ratio", "milliseconds", "target"))
    y = TOP
    for c in found["cases"]:
        drawing.text(20, y + 14, f"{title(c)}", "case")
        y += ROW
        for program, entry in c["programs"].items():
            if program == "dtrain":
                continue
            drawing.text(32, y + 14, found["labels"][program])
            numbers = (f"{entry['ratio']:.2f}×", f"{entry['median']:.3g}", f"{entry['target']:g}×" if entry["target"] else "")
            drawing.numbers(y + 14, numbers)
            drawing.rectangle(
                program, drawing.x(1), y + 3, drawing.x(entry["ratio"]), y + ROW - 3, f"{numbers[0]}, {numbers[1]} ms")
            drawing.range(y + ROW / 2, entry["least_ratio"], entry["most_ratio"])
            if entry["target"]:
                drawing.line("target", drawing.x(entry["target"]), y, drawing.x(entry["target"]), y + ROW)
            y += ROW
        y += GAP
    drawing.line("one", drawing.x(1), TOP - 8, drawing.x(1), height - 34)
    return drawing.svg()


def milliseconds(found):
    """What a step takes in each program: a point on one line a case, with the range of the rounds."""
    entries = [entry for c in found["cases"] for entry in c["programs"].values()]
    values = [entry[key] for entry in entries for key in ("least", "most")]
    ticks = [base * 10.0**power for power in range(-2, 4) for base in (1, 2, 5)]
    low, high, ticks = _axis(values, ticks)
    line = 34
    height = TOP + 24 + len(found["cases"]) * line + 40
    drawing = Drawing(
        "A training step, milliseconds", "Medians of the rounds, with the least and the most. Less is faster.",
        height, low, high, ticks, "")
    drawing.numbers(TOP + 3, ("dtrain", "fastest peer"))
    x = 20
    names = {}
    for c in found["cases"]:
        for program in c["programs"]:
            names.setdefault(COLOURS[program], []).append((program, found["labels"][program]))
    for entries in names.values():
        program = entries[0][0]
        label = " / ".join(dict.fromkeys(name for _, name in entries))
        drawing.parts.append(f'<circle fill="{COLOURS[program]}" cx="{x + 5}" cy="69" r="5.5"/>')
        drawing.text(x + 15, 73, label, "small")
        x += 34 + 6.1 * len(label)
    for i, c in enumerate(found["cases"]):
        y = TOP + 24 + i * line
        drawing.text(20, y + 4, title(c), "case")
        drawing.line("grid", LEFT, y, WIDTH - RIGHT, y)
        for program, entry in c["programs"].items():
            drawing.range(y, entry["least"], entry["most"])
            drawing.point(program, entry["median"], y, f"{found['labels'][program]}: {entry['median']:.3g} ms")
        peer = min(entry["median"] for program, entry in c["programs"].items() if program not in OWN)
        drawing.numbers(y + 4, (f"{c['programs']['dtrain']['median']:.3g}", f"{peer:.3g}"))
    return drawing.svg()
