"""The page of a simulation: complete, self-contained, readable without the picture, and drawn true."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import MONDAY, SETTING, many, office, trace

from day2.scaling.simulation.charts import Picture, picture
from day2.scaling.simulation.comparison import Comparison, compare
from day2.scaling.simulation.lines import TENTHS
from day2.scaling.simulation.page import render
from day2.scaling.simulation.summary import compared, document, rows, saved, ways

VOID = {"meta", "br", "path", "rect", "line", "circle", "use"}


class Read(HTMLParser):
    """A page's tags and text; `open` is what was not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def fortnight() -> Comparison:
    return compare(office(days=14), SETTING)


@pytest.fixture(scope="module")
def drawn(fortnight: Comparison) -> Picture:
    return picture(fortnight)


@pytest.fixture(scope="module")
def html(fortnight: Comparison) -> str:
    return render(fortnight, environment="prod", usd_per_node_hour=0.5)


@pytest.fixture(scope="module")
def page(html: str) -> Read:
    return Read(html)


class TestThePage:
    def test_is_well_formed_and_needs_nothing_beside_itself(self, html: str, page: Read) -> None:
        assert page.open == []
        assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
        assert not re.search(r"url\((?!#)|@import|https?:", html)
        assert "prefers-color-scheme: dark" in html

    def test_tells_each_picture_in_words(self, page: Read) -> None:
        pictures = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
        assert len(pictures) == 3
        named = {attributes.get("id") for tag, attributes in page.tags if tag in ("title", "desc")}
        for each in pictures:
            assert set((each["aria-labelledby"] or "").split()) <= named
        assert "Ready: 2 to" in page.text

    def test_has_every_figure_of_every_way(self, page: Read, fortnight: Comparison) -> None:
        for row in rows(fortnight, usd_per_node_hour=0.5):
            assert f"{row.title} {' '.join(' '.join(row.values).split())}" in page.text

    def test_has_every_day_with_what_ended_on_it(self, page: Read, fortnight: Comparison) -> None:
        assert page.text.count("2026-11-0") >= 8
        killed = [int(each) for each in re.findall(r"2026-1[01]-\d\d \d+ \d+ \S+ \d+ \S+ (\d+) \S+ 0", page.text)]
        assert len(killed) == 14
        assert sum(killed) == fortnight.fixed.figures.killed > 0

    def test_gives_the_reason_of_every_change(self, page: Read, fortnight: Comparison) -> None:
        for each in fortnight.guarded.changes:
            assert each.reason in page.text

    def test_begins_with_what_it_is_about(self, page: Read) -> None:
        assert "0 workspaces ended By clock and alarms, with the guard: 0 minutes late" in page.text

    def test_says_so_when_ours_was_late(self) -> None:
        short = replace(SETTING, fabric=replace(SETTING.fabric, available=3))
        shown = render(compare(office(days=1), short), environment="prod", usd_per_node_hour=0.5)
        assert '<header class="hero fail">' in shown

    def test_escapes_what_a_trace_is_called(self) -> None:
        told = replace(trace(*many(60, "start", range(3))), origin="<script>alert(1)</script>")
        assert "<script>" not in render(compare(told, SETTING), environment="prod", usd_per_node_hour=0.5)


def points(path: str, drawn: Picture, top: float) -> list[tuple[int, float]]:
    """What a path says: `(minute, nodes)`."""
    begun = re.match(r"M0 (\d+)", path)
    assert begun is not None
    steps = re.findall(r"H(\d+)V(\d+)", path)
    found = [(0, begun[1]), *steps]
    return [(int(minute), top - int(height) / TENTHS) for minute, height in found]


class TestThePicture:
    def test_shows_desired_and_ready_as_they_were(self, drawn: Picture, fortnight: Comparison) -> None:
        top = drawn.height / TENTHS
        for panel, way in zip(drawn.panels, ways(fortnight), strict=True):
            for path, value in ((panel.desired, "desired"), (panel.ready, "ready")):
                shown = points(path, drawn, top)
                told = {each.minute: getattr(each, value) for each in way.outcome.samples}
                assert all(abs(told[minute] - nodes) <= 1 / TENTHS for minute, nodes in shown)
                assert len(shown) == 1 + sum(
                    one != other for one, other in zip(list(told.values()), list(told.values())[1:], strict=False)
                )

    def test_has_all_ways_on_the_same_axes(self, drawn: Picture) -> None:
        assert len({each.needed.rpartition("H")[0].rpartition("V")[2] for each in drawn.panels}) == 1
        assert drawn.lines[0].nodes == 0
        assert drawn.lines[0].at == 100
        assert 3 <= len(drawn.lines) <= 5
        assert all(each.workspaces == each.nodes * 14 for each in drawn.lines)

    def test_marks_what_ended_when_it_ended(self, drawn: Picture, fortnight: Comparison) -> None:
        ours, fixed, peak = drawn.panels
        assert (ours.ended, peak.ended) == ((), ())
        assert sum(each.count for each in fixed.ended) == fortnight.fixed.figures.killed
        evening = 20 * 60 / fortnight.trace.minutes * 100
        assert fixed.ended[0].at == pytest.approx(evening, abs=0.01)

    def test_has_the_days_of_the_wall_also_where_clocks_go_back(self, drawn: Picture) -> None:
        widths = [round(each.width * drawn.width / 100 / 60) for each in drawn.days]
        assert widths == [25 if each.day == date(2026, 11, 1) else 24 for each in drawn.days]
        assert [each.day for each in drawn.days if each.off] == [
            date(2026, 10, 31),
            *(date(2026, 11, day) for day in (1, 7, 8)),
        ]
        assert [each.label for each in drawn.days if not each.minor] == ["Mon 26", "Mon 2"]

    def test_names_mondays_of_a_quarter_and_months_of_a_year(self) -> None:
        quiet = office(days=60, users=1)
        assert [each.label for each in picture(compare(quiet, SETTING)).days if each.label][:2] == ["26 Oct", "2 Nov"]
        year = picture(compare(office(days=366, users=2), SETTING))
        assert [each.label for each in year.days if each.label][:3] == ["Nov", "Dec", "Jan"]
        assert year.by_day

    def test_sums_what_ended_in_a_long_time_by_months(self) -> None:
        found = compare(office(days=100, users=40), SETTING)
        ended = picture(found).panels[1].ended
        assert len(ended) <= 5
        assert sum(each.count for each in ended) == found.fixed.figures.killed

    @settings(max_examples=25, deadline=None)
    @given(days=st.integers(1, 40), users=st.integers(1, 30), seed=st.integers(0, 1000))
    def test_stays_within_its_box(self, days: int, users: int, seed: int) -> None:
        shown = picture(compare(office(days=days, users=users, seed=seed), SETTING))
        for panel in shown.panels:
            for path in (panel.desired, panel.ready, panel.needed, panel.running):
                assert all(0 <= int(each) <= shown.width for each in re.findall(r"H(\d+)", path))
                assert all(0 <= int(each) <= shown.height for each in re.findall(r"V(\d+)", path))
        assert shown.days[-1].at + shown.days[-1].width == pytest.approx(100, abs=0.01)


class TestTheSummary:
    def test_compares_node_hours_in_words(self, fortnight: Comparison) -> None:
        ours = fortnight.guarded.figures
        for hours, words in ((75.0, "25 % fewer"), (145.0, "45 % more"), (100.2, "as many")):
            assert compared(replace(ours, node_hours=hours), replace(ours, node_hours=100)) == f"{words} node-hours"
        assert saved(ours, replace(ours, node_hours=0.0)) == 0

    def test_of_a_script_holds_every_way(self, fortnight: Comparison) -> None:
        told = document(fortnight, environment="prod", usd_per_node_hour=0.5)
        assert list(told["ways"]) == ["guarded", "fixed", "always_peak"]
        assert told["ways"]["always_peak"]["cost_usd"] == (14 * 24 + 1) * 5 * 0.5
        assert told["ways"]["guarded"]["killed"] == 0
        assert told["node_hours_saved"]["relative_to_always_peak"] == pytest.approx(
            1 - fortnight.guarded.figures.node_hours / fortnight.always_peak.figures.node_hours, abs=1e-4
        )
        assert (told["from"], MONDAY.isoformat()) == ("2026-10-26T04:00:00Z", "2026-10-26")
