"""The drawing of Documentation/scaling.md, as SVG: speed-up of strong and efficiency of weak scaling, by ranks.

Written by hand, like those of Documentation/benchmarks.md, whose colours and style it has: it follows the reader's light or
dark mode, on a panel of its own.
"""

import math
from xml.sax.saxutils import escape

import plots
from scaling_cases import MEASURED, title

# Okabe and Ito's orange and blue: the first and the second case of each panel.
COLOURS = ("#d55e00", "#3a86c8")
STYLE = plots.STYLE.replace(
    "</style>", """.curve { fill: none; stroke-width: 2 }
.here { fill: none; stroke-width: 1.5; stroke-dasharray: 4 3 }
.ideal { stroke: #94a3b8; stroke-width: 1.2; stroke-dasharray: 2 3 }
.hollow { fill: #fcfcfd; stroke-width: 1.8 }
.right { text-anchor: end }
@media (prefers-color-scheme: dark) { .hollow { fill: #15191f } }
</style>""")
WIDTH, HEIGHT, TOP, BOTTOM = 900, 470, 128, 56
SIDE = 348


class Panel:
    """Axes from `left` on: ranks to the right, `low` to `high` upwards, by powers of two unless `linear`."""

    def __init__(self, parts, left, heading, low, high, ticks, label, linear):
        self.parts, self.left, self.linear = parts, left, linear
        self.low, self.high = (low, high) if linear else (math.log2(low), math.log2(high))
        self.parts.append(f'<text class="case" x="{left}" y="74">{escape(heading)}</text>')
        for power in range(0, 13, 2):
            x = self.x(1 << power)
            self.line("grid", x, TOP, x, HEIGHT - BOTTOM)
            self.parts.append(f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}">{1 << power:,}</text>')
        for tick in ticks:
            y = self.y(tick)
            self.line("grid", left, y, left + SIDE, y)
            self.parts.append(f'<text class="small right" x="{left - 6}" y="{y + 4:.1f}">{label(tick)}</text>')
        self.parts.append(f'<text class="tick" x="{left + SIDE / 2}" y="{HEIGHT - BOTTOM + 36}">ranks</text>')

    def x(self, ranks):
        return self.left + math.log2(ranks) / 12 * SIDE

    def y(self, value):
        value = value if self.linear else math.log2(value)
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - min(max(share, 0), 1) * (HEIGHT - BOTTOM - TOP)

    def line(self, kind, x1, y1, x2, y2):
        self.parts.append(f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')

    def curve(self, kind, colour, points):
        text = " ".join(f"{self.x(ranks):.1f},{self.y(value):.1f}" for ranks, value in points)
        self.parts.append(f'<polyline class="{kind}" stroke="{colour}" points="{text}"/>')

    def point(self, colour, ranks, value, tip, measured):
        paint = f'fill="{colour}"' if measured else f'class="hollow" stroke="{colour}"'
        self.parts.append(f'<circle {paint} cx="{self.x(ranks):.1f}" cy="{self.y(value):.1f}" r="{5 if measured else 4}">'
                          f"<title>{escape(tip)}</title></circle>")


def _case(panel, number, case, key):
    colour = COLOURS[number]
    # Where a case's name stands: under the panel's heading, a line each.
    panel.parts.append(f'<rect fill="{colour}" x="{panel.left}" y="{84 + 16 * number}" width="14" height="8"/>')
    panel.parts.append(f'<text class="small" x="{panel.left + 20}" y="{92 + 16 * number}">{escape(title(case))}</text>')
    unit = lambda value: f"{value:.2f}" if key == "speed_up" else f"{value * 100:.0f} %"
    panel.curve("curve", colour, [(row["ranks"], row[key]) for row in case["curve"]])
    panel.curve("here", colour, [(row["ranks"], row[key]) for row in case["check"]])
    for row in case["predicted"]:
        panel.point(colour, row["ranks"], row[key], f"{row['ranks']} ranks, predicted: {unit(row[key])}", False)
    for row in case["check"]:
        value = row[f"measured_{key}"]
        panel.point(colour, row["ranks"], value, f"{row['ranks']} ranks, measured: {unit(value)}", True)


def drawing(found):
    cores = found["measured"]["machine"]["cores"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Speed-up and efficiency by ranks</title>", STYLE, '<rect class="panel" width="100%" height="100%" rx="8"/>',
        '<text class="title" x="20" y="28">Scaling: measured up to 8 ranks, predicted beyond</text>',
        '<text class="small" x="20" y="48">'
        f"Filled: measured, {MEASURED[0]} to {MEASURED[-1]} ranks on {cores} cores; dashed: the model there. Line and rings: "
        f"predicted, hosts of {found['place']['cores']} cores. Dotted: ideal.</text>"]
    strong = [case for case in found["cases"] if case["kind"] == "strong"]
    weak = [case for case in found["cases"] if case["kind"] == "weak"]
    gains = [row["speed_up"] for case in strong for row in case["curve"] + case["check"]]
    low = min(0.5, 2.0 ** math.floor(math.log2(min(gains + [row["measured_speed_up"] for c in strong for row in c["check"]]))))
    left = Panel(parts, 62, "Strong scaling: speed-up over one rank", low, 4096,
                 [4.0**power for power in range(-6, 7) if 4.0**power >= low],
                 lambda tick: f"{tick:,.0f}×" if tick >= 1 else f"1/{1 / tick:,.0f}×", False)
    left.line("ideal", left.x(1), left.y(1), left.x(4096), left.y(4096))
    right = Panel(parts, 516, "Weak scaling: efficiency", 0, 1.1, [0, 0.25, 0.5, 0.75, 1], lambda tick: f"{tick * 100:.0f} %",
                  True)
    right.line("ideal", right.x(1), right.y(1), right.x(4096), right.y(1))
    for panel, cases, key in ((left, strong, "speed_up"), (right, weak, "efficiency")):
        for number, case in enumerate(cases):
            _case(panel, number, case, key)
    return "\n".join(parts + ["</svg>"]) + "\n"
