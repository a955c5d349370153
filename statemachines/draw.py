"""Draws each state machine of this folder as docs/<name>.svg, from its ASL file alone.

    python statemachines/draw.py

The main line is the longest way to a Succeed and runs down the middle; what leaves it stands to its right; what a
Catch leads to runs down on the left. Bold words and colours follow the reader's light or dark preference.
"""  # noqa: INP001  a script beside the files it draws, not a package

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"

WIDTH, HEIGHT = 184, 28
ROW, GAP, PAD, LANE = 42, 34, 12, 18

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); text-anchor: middle }
.note { font-size: 11px; fill: var(--faint); text-anchor: start }
rect { fill: var(--card); stroke: var(--line) }
.group { fill: none; stroke-dasharray: 3 3 } .choice { fill: var(--choice) }
.good { fill: var(--good) } .bad { fill: var(--bad) }
path { fill: none; stroke: var(--line); stroke-width: 1.3; marker-end: url(#to) }
path.caught { stroke: var(--red); stroke-dasharray: 4 3; marker-end: url(#caught) }
#to path, #caught path { marker-end: none; stroke: none; fill: var(--line) } #caught path { fill: var(--red) }
svg { --ink: #1f2328; --faint: #59636e; --card: #fff; --line: #818b98; --choice: #fff8c5; --good: #dafbe1;
  --bad: #ffebe9; --red: #cf222e }
@media (prefers-color-scheme: dark) { svg { --ink: #f0f6fc; --faint: #9198a1; --card: #151b23; --line: #656c76;
  --choice: #3a2f0b; --good: #12261e; --bad: #2d1618; --red: #f85149 } }
"""

Json = dict[str, Any]


@dataclass
class Box:
    """One state's place: its top left corner, its size, and for a Parallel or Map the scopes drawn inside."""

    name: str
    state: Json
    x: float = 0
    y: float = 0
    width: float = WIDTH
    height: float = HEIGHT
    inside: list["Drawing"] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass
class Drawing:
    """One StartAt/States object laid out from (0, 0): its boxes by name, its size, its left margin for lanes."""

    scope: Json
    boxes: dict[str, Box]
    spine: list[str]
    lanes: list[str]
    width: float
    height: float


def ways(state: Json) -> list[str]:
    """Where a state goes when nothing fails."""
    named = [each["Next"] for each in state.get("Choices", [])]
    return named + [state[key] for key in ("Default", "Next") if key in state]


def longest(states: Json, name: str) -> list[str]:
    """The longest way from a state to an end that is no failure; empty when every way fails."""
    state = states[name]
    if state["Type"] == "Fail":
        return []
    rests = [longest(states, each) for each in ways(state)]
    if not rests:
        return [name]
    best = max(rests, key=len)
    return [name, *best] if best else []


def caught(states: Json) -> Iterator[tuple[str, str]]:
    """From where to where a Catch leads, unless the state goes there anyway."""
    for name, state in states.items():
        for catcher in state.get("Catch", []):
            if catcher["Next"] not in ways(state):
                yield name, catcher["Next"]


def lay_out(scope: Json, *, nested: bool = False) -> Drawing:
    """Place every state of a scope: what leaves the main line beside it or, where room is short, below it."""
    states, spine = scope["States"], longest(scope["States"], scope["StartAt"])
    lanes = list(dict.fromkeys(target for _, target in caught(states) if target in spine))
    left = LANE * len(lanes) + (LANE if lanes else 0)
    boxes = {name: _box(name, states[name]) for name in states}
    middle, y = left + max(boxes[name].width for name in spine) / 2, 0.0
    placed = set(spine)
    for name in spine:
        box = boxes[name]
        box.x, box.y = middle - box.width / 2, y
        aside = [each for each in _aside(states, name) if each not in placed and not nested]
        placed.update(aside)
        for number, each in enumerate(aside):
            boxes[each].x, boxes[each].y = box.x + box.width + GAP, y + number * ROW
        y += max(box.height, HEIGHT + ROW * (len(aside) - 1)) + ROW - HEIGHT
    for name in [each for each in states if each not in placed]:
        boxes[name].x, boxes[name].y = middle - WIDTH / 2, y + 4
        y += ROW
    width = max(box.x + box.width for box in boxes.values()) + (LANE if nested and len(placed) < len(states) else 0)
    height = max(box.bottom for box in boxes.values())
    return Drawing(scope=scope, boxes=boxes, spine=spine, lanes=lanes, width=width, height=height)


def _aside(states: Json, name: str) -> list[str]:
    """Where a state leads, by whatever way."""
    return [*ways(states[name]), *(to for source, to in caught(states) if source == name)]


def _box(name: str, state: Json) -> Box:
    scopes = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
    if not scopes:
        return Box(name, state)
    inside = [lay_out(each, nested=True) for each in scopes]
    width = sum(each.width for each in inside) + PAD * (len(inside) + 1)
    return Box(name, state, width=width, height=HEIGHT + max(each.height for each in inside) + PAD, inside=inside)


def draw(drawing: Drawing, dx: float, dy: float) -> Iterator[str]:
    """The SVG elements of a drawing, moved by (dx, dy)."""
    for box in drawing.boxes.values():
        box.x, box.y = box.x + dx, box.y + dy
    yield from _lines(drawing, dx)
    for box in drawing.boxes.values():
        yield from _state(box)


def _state(box: Box) -> Iterator[str]:
    kind = box.state["Type"]
    look = {"Choice": "choice", "Succeed": "good", "Fail": "bad", "Parallel": "group", "Map": "group"}.get(kind, "")
    round_ = HEIGHT / 2 if kind in {"Succeed", "Fail"} else 5
    yield (
        f'<g><title>{escape(box.state["Comment"])}</title><rect class="{look}" x="{box.x:g}" y="{box.y:.0f}" '
        f'width="{box.width:g}" height="{box.height:g}" rx="{round_:g}"/>'
    )
    sign = " ⟳" if _waits(box.state) else ""
    sign = " (each)" if kind == "Map" else sign
    yield f'<text x="{box.middle:g}" y="{box.y + 18.5:.1f}">{escape(box.name)}{sign}</text></g>'
    x = box.x + PAD
    for each in box.inside:
        yield from draw(each, x, box.y + HEIGHT)
        x += each.width + PAD


def _waits(state: Json) -> bool:
    """Whether its normal course is to be asked again."""
    return any(retrier["ErrorEquals"][0] != "ServiceBusy" for retrier in state.get("Retry", []))


def _lines(drawing: Drawing, dx: float) -> Iterator[str]:
    boxes, spine, states = drawing.boxes, drawing.spine, drawing.scope["States"]
    for name, state in states.items():
        for target in dict.fromkeys(ways(state)):
            yield _line(boxes[name], boxes[target], straight=name in spine and target in spine)
    for name, target in caught(states):
        if target not in spine:
            yield _line(boxes[name], boxes[target], straight=False, look="caught")
            continue
        lane = dx + LANE * (1 + drawing.lanes.index(target))
        source, to = boxes[name], boxes[target]
        yield (
            f'<path class="caught" d="M{source.x:g} {source.y + HEIGHT / 2 + 4:.0f} H{lane:g} '
            f'V{to.y + HEIGHT / 2:.0f} H{to.x:g}"/>'
        )


def _line(source: Box, target: Box, *, straight: bool, look: str = "") -> str:
    if straight:
        return f'<path class="{look}" d="M{source.middle:g} {source.bottom:.0f} V{target.y:.0f}"/>'
    begin, end = source.y + HEIGHT / 2, target.y + HEIGHT / 2
    if target.middle == source.middle:
        lane, right = source.x + source.width + LANE / 2 + 2, target.x + target.width
        return f'<path class="{look}" d="M{source.x + source.width:g} {begin:.0f} H{lane:g} V{end:.0f} H{right:g}"/>'
    if target.x > source.x + source.width:
        middle = source.x + source.width + GAP / 2 + (4 if look else 0)
        way = f"H{middle:g} V{end:.0f} H{target.x:g}" if abs(end - begin) > 1 else f"H{target.x:g}"
        return f'<path class="{look}" d="M{source.x + source.width:g} {begin:.0f} {way}"/>'
    outside = source.x + source.width + 10
    return (
        f'<path class="{look}" d="M{source.x + source.width:g} {begin:.0f} H{outside:g} '
        f'V{target.y - 7:.0f} H{target.middle + 24:g} V{target.y:.0f}"/>'
    )


def picture(machine: Json) -> str:
    """The whole SVG of one machine."""
    drawing = lay_out(machine)
    width, height = drawing.width + 2 * PAD + 10, drawing.height + 2 * PAD + 22
    arrow = '<marker id="{}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    markers = "".join(f'{arrow.format(name)}<path d="M0 0 8 4 0 8z"/></marker>' for name in ("to", "caught"))
    size = f"{width:.0f} {height:.0f}"
    note = "⟳ asks again until it is so, up to a ceiling · dashed: any error"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{width:.0f}" role="img">',
            f"<title>{escape(machine['Comment'])}</title>",
            f"<style>{STYLE}</style><defs>{markers}</defs>",
            *draw(drawing, PAD, PAD),
            f'<text class="note" x="{PAD}" y="{height - PAD:.0f}">{note}</text>',
            "</svg>\n",
        ]
    )


def main() -> None:
    """Write every picture."""
    for path in sorted(HERE.glob("*.asl.json")):
        (DOCS / path.name.replace(".asl.json", ".svg")).write_text(picture(json.loads(path.read_text())))


if __name__ == "__main__":
    main()
