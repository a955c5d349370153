"""Draws each state machine of this folder as docs/<name>.svg, from its ASL file alone.

    python statemachines/draw.py

The main line is the longest way to a Succeed and runs down the middle; what leaves it stands to its right, and so does
a way back that a Catch begins, beside what it takes back. A Catch that leads down the main line runs on the left, as
does a way that leaves steps of it out. Bold words and colours follow the reader's light or dark preference.
"""  # noqa: INP001  a script beside the files it draws, not a package

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise, takewhile
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
    """One StartAt/States object laid out from (0, 0): its boxes by name, its size, whose lanes run on its left."""

    scope: Json
    boxes: dict[str, Box]
    spine: list[str]
    back: list[str]
    lanes: list[str]
    width: float
    height: float


def ways(state: Json) -> list[str]:
    """Where a state goes when nothing fails."""
    named = [each["Next"] for each in state.get("Choices", [])]
    return named + [state[key] for key in ("Default", "Next") if key in state]


def longest(states: Json, name: str, passed: frozenset[str] = frozenset()) -> list[str]:
    """The longest way from a state to an end that is no failure, no state twice; empty when every way fails."""
    state = states[name]
    if state["Type"] == "Fail" or name in passed:
        return []
    rests = [longest(states, each, passed | {name}) for each in ways(state)]
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


def way_back(states: Json, spine: list[str]) -> list[str]:
    """The states that a Catch leads to, and through more than one of them to the main line again."""
    lines = (
        list(takewhile(lambda each: each not in spine, longest(states, target)))
        for _, target in caught(states)
        if target not in spine
    )
    return next((line for line in lines if len(line) > 1), [])


def branches(states: Json, spine: list[str], back: list[str]) -> list[tuple[str, list[str]]]:
    """From where a way leaves the main line, and its states until it is on it again or ends; of more than one only."""
    found: list[tuple[str, list[str]]] = []
    seen = {*spine, *back}
    for name in spine:
        for target in dict.fromkeys(_aside(states, name)):
            line = list(takewhile(lambda each: each not in seen, longest(states, target)))
            if target not in seen and len(line) > 1:
                found.append((name, line))
                seen.update(line)
    return found


def skips(states: Json, spine: list[str]) -> list[tuple[str, str]]:
    """From where to where a way leads that leaves steps of the main line out."""
    steps = set(pairwise(spine))
    return [
        (name, to)
        for name in spine
        for to in dict.fromkeys(ways(states[name]))
        if to in spine and (name, to) not in steps
    ]


def lay_out(scope: Json, *, nested: bool = False) -> Drawing:
    """Place every state of a scope: what leaves the main line beside it or, where room is short, below it."""
    states, spine = scope["States"], longest(scope["States"], scope["StartAt"])
    back = [] if nested else way_back(states, spine)
    lanes = list(dict.fromkeys(target for _, target in caught(states) if target in spine))
    if skips(states, spine):
        lanes.append("")  # nearest to the boxes
    left = LANE * len(lanes) + (LANE if lanes else 0)
    boxes = {name: _box(name, states[name]) for name in states}
    drawing = Drawing(scope=scope, boxes=boxes, spine=spine, back=back, lanes=lanes, width=0, height=0)
    middle = left + max(boxes[name].width for name in spine) / 2
    placed = {*spine, *back}
    aways = [] if nested else branches(states, spine, back)
    placed.update(each for _, line in aways for each in line)
    y = _column(drawing, spine, placed, middle=middle, y=0.0, beside=not nested)
    free = 0.0
    for source, line in aways:
        begin = max(boxes[source].y, free)
        free = _column(drawing, line, placed, middle=middle + 2 * (WIDTH + GAP), y=begin, beside=True)
    if back:
        begin = boxes[next(source for source, target in caught(states) if target == back[0])].y
        right = max(boxes[name].x + boxes[name].width for name in placed - set(back))
        _column(drawing, back, placed, middle=right + GAP + WIDTH / 2, y=begin, beside=True)
    for name in [each for each in states if each not in placed]:
        boxes[name].x, boxes[name].y = middle - WIDTH / 2, y + 4
        y += ROW
    needs_lane = back or (nested and len(placed) < len(states))
    drawing.width = max(box.x + box.width for box in boxes.values()) + (LANE if needs_lane else 0)
    drawing.height = max(box.bottom for box in boxes.values())
    return drawing


def _column(  # noqa: PLR0913  where it stands, and what may stand beside it
    drawing: Drawing, names: list[str], placed: set[str], *, middle: float, y: float, beside: bool
) -> float:
    """Place these states one below the other, each with what it leads to on its right; the first free row below."""
    states, boxes = drawing.scope["States"], drawing.boxes
    for name in names:
        box = boxes[name]
        box.x, box.y = middle - box.width / 2, y
        aside = [each for each in _aside(states, name) if each not in placed and beside]
        placed.update(aside)
        for number, each in enumerate(aside):
            boxes[each].x, boxes[each].y = box.x + box.width + GAP, y + number * ROW
        y += max(box.height, HEIGHT + ROW * (len(aside) - 1)) + ROW - HEIGHT
    return y


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
    return any(
        not retrier["ErrorEquals"][0].startswith(("ServiceBusy", "Lambda.")) for retrier in state.get("Retry", [])
    )


def _lines(drawing: Drawing, dx: float) -> Iterator[str]:
    boxes, spine, states = drawing.boxes, drawing.spine, drawing.scope["States"]
    left_out = skips(states, spine)
    for name, state in states.items():
        for target in dict.fromkeys(ways(state)):
            if (name, target) in left_out:
                yield _by_lane(boxes[name], boxes[target], dx + LANE * len(drawing.lanes), offset=-4)
            else:
                yield _line(drawing, boxes[name], boxes[target])
    for name, target in caught(states):
        source, to = boxes[name], boxes[target]
        if target not in spine:
            yield _line(drawing, source, to, look="caught")
        elif name in spine:
            yield _by_lane(source, to, dx + LANE * (1 + drawing.lanes.index(target)), look="caught", offset=4)
        else:
            begin, end = source.y + HEIGHT / 2 + 4, to.y + HEIGHT / 2 + 5
            yield _path(
                source.x + source.width, begin, f"H{dx + drawing.width - 5:g} V{end:.0f} H{to.x + to.width:g}", "caught"
            )


def _path(x: float, y: float, way: str, look: str = "") -> str:
    return f'<path class="{look}" d="M{x:g} {y:.0f} {way}"/>'


def _by_lane(source: Box, target: Box, lane: float, *, look: str = "", offset: float) -> str:
    """Down the main line, on its left."""
    end = target.y + HEIGHT / 2 + min(offset, 0)
    return _path(source.x, source.y + HEIGHT / 2 + offset, f"H{lane:g} V{end:.0f} H{target.x:g}", look)


def _line(drawing: Drawing, source: Box, target: Box, *, look: str = "") -> str:
    right, begin, end = source.x + source.width, source.y + HEIGHT / 2, target.y + HEIGHT / 2
    clear = not look and not _between(drawing, source, target)
    if target.middle == source.middle:
        if clear:
            return _path(source.middle, source.bottom, f"V{target.y:.0f}")
        return _path(right, begin, f"H{right + LANE / 2 + 2:g} V{end:.0f} H{target.x + target.width:g}", look)
    if target.x > right:
        if abs(end - begin) <= 1:
            return _path(right, begin, f"H{target.x:g}", look)
        middle = right + GAP / 2 + (4 if look else 0)
        return _path(right, begin + (5 if look else 0), f"H{middle:g} V{end:.0f} H{target.x:g}", look)
    if clear:
        return _path(source.middle, source.bottom, f"V{end - 5:.0f} H{target.x + target.width:g}", look)
    return _path(right, begin, f"H{right + 10:g} V{target.y - 7:.0f} H{target.middle + 24:g} V{target.y:.0f}", look)


def _between(drawing: Drawing, source: Box, target: Box) -> bool:
    """Whether a box stands in the source's column on its way down, or beside the target right above and goes there."""
    column = [box for box in drawing.boxes.values() if box.x <= source.middle <= box.x + box.width]
    above = source.y - ROW if source.middle != target.middle else -1
    return any(source.y < box.y < target.y or (box.y == above and target.name in ways(box.state)) for box in column)


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
