"""Bar charts as SVG, readable on light and dark pages, without fonts or scripts of others."""

from xml.sax.saxutils import escape

WIDTH, LABELS, VALUES = 760, 210, 110  # pixels: in all, left of the bars, right of them
BAR, GAP, HEADING, TOP = 16, 7, 26, 44

STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 } .heading { font-weight: 600 } .note { fill: #656d76 }
  .floor { fill: #8c959f } .gateway { fill: #0969da } .peer { fill: #bf8700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #8d96a0 } .floor { fill: #6e7681 } .gateway { fill: #4493f8 }
    .peer { fill: #d29922 }
  }
"""


class Bar:
    """`kind` is floor, gateway or peer; a `note` stands in the place of a value that counts for nothing."""

    def __init__(self, label, value, kind, note=""):
        self.label = label
        self.value = value
        self.kind = kind
        self.note = note


def bar_chart(title, unit, groups, digits=0):
    """`groups` are (heading, bars) from top to bottom; a heading may be empty."""
    longest = max((bar.value for _, bars in groups for bar in bars if not bar.note), default=0) or 1
    parts, y = [], TOP
    for heading, bars in groups:
        if heading:
            parts.append(text(8, y + 14, heading, "heading"))
            y += HEADING
        for bar in bars:
            parts += drawn(bar, y, longest, digits)
            y += BAR + GAP
        y += GAP
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">',
        f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
        text(8, 22, title, "title"), text(WIDTH - 8, 22, unit, "note", "end"), *parts, "</svg>", ""])


def drawn(bar, y, longest, digits):
    label = text(LABELS - 8, y + 12, bar.label, "", "end")
    if bar.note:
        return [label, text(LABELS, y + 12, bar.note, "note")]
    width = max(1, (WIDTH - LABELS - VALUES) * bar.value / longest)
    return [label, f'<rect class="{bar.kind}" x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>',
            text(LABELS + width + 6, y + 12, f"{bar.value:,.{digits}f}", "")]


def text(x, y, words, kind, anchor="start"):
    attributes = f' class="{kind}"' if kind else ""
    attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{attributes}>{escape(words)}</text>'
