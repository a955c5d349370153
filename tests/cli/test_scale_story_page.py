"""The page of `day2 scale demo`: what was seen, drawn and in figures, without anything from elsewhere."""

import re
from html.parser import HTMLParser
from typing import Any, cast

from day2.scaling.story.acts import Act
from day2.scaling.story.page import picture, render
from day2.scaling.story.timeline import Mark, Sample, Timeline


def sample(at: float, desired: int, *, ready: int | None = None, running: int = 0, waiting: int = 0) -> Sample:
    return Sample(
        at=at,
        desired=desired,
        ready=desired if ready is None else ready,
        occupied=min(desired, running),
        running=running,
        waiting=waiting,
    )


def timeline() -> Timeline:
    """Ten nodes, fifty ordered in the second second and Ready in the third."""
    found = Timeline(people=cast("Any", None), group="coder-local-ws", desired=lambda: 0)
    found.samples += [
        sample(0.0, 10, running=4),
        sample(2.0, 50, ready=10, running=4),
        sample(3.0, 50, running=30, waiting=24),
        sample(4.0, 50, running=54),
    ]
    found.marks += [Mark(at=1.5, what="morning, by the clock"), Mark(at=2.5, what="people <come>")]
    return found


def test_the_picture_steps_where_the_group_did() -> None:
    drawn = picture(timeline(), places=12)
    top = drawn.height
    assert drawn.width == 400
    assert drawn.desired == f"M0 {top - 100}H200V{top - 500}H300V{top - 500}H400"
    assert drawn.ready == f"M0 {top - 100}H200V{top - 100}H300V{top - 500}H400"
    assert [(each.number, each.at) for each in drawn.flags] == [(1, 37.5), (2, 62.5)]


def test_what_waits_needs_nodes_too() -> None:
    found = timeline()
    found.samples[:] = [sample(0.0, 10), sample(1.0, 10, running=10, waiting=62), sample(2.0, 10)]
    drawn = picture(found, places=12)
    assert f"H100V{drawn.height - 100}" in drawn.needed  # ten nodes in use are more than the six that 72 would fill
    found.samples[1] = sample(1.0, 10, running=10, waiting=182)
    drawn = picture(found, places=12)
    assert f"H100V{drawn.height - 160}" in drawn.needed


def test_every_event_has_its_row_and_nothing_comes_from_elsewhere() -> None:
    page = render(timeline(), [Act(title="Morning & evening", lines=("1 < 2",))], places=12)
    HTMLParser().feed(page)
    assert "2. people &lt;come&gt;" in page
    assert "Morning &amp; evening" in page
    assert not re.search(r"(?:src|href)=\"https?:", page)
