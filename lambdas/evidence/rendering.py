"""The record as people read it: a Markdown form, and one HTML page that needs nothing beside itself."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lambdas import payload, words
from lambdas.evidence import restore_view
from lambdas.evidence.summary import Summary
from lambdas.evidence.view import view

_TEMPLATES = Path(__file__).with_name("templates")
_VERDICTS = {
    "pass": "passed",
    "warn": "warned",
    "fail": "failed",
    "skip": "skipped",
    "report": "reported",
    "not-measured": "not measured",
}
_MARKDOWN = re.compile(r"([\\`*\[\]<>|])")


def render_html(record: Mapping[str, Any], history: Sequence[Summary] = ()) -> str:
    """The report page of a record. `history`: earlier drills of its source, for the trend."""
    return _html().get_template("report.html.j2").render(r=record, v=view(record, history))


def render_markdown(record: Mapping[str, Any]) -> str:
    """The drill's form: every field a report of a recovery test has, and a line to sign by hand."""
    return _markdown().get_template("report.md.j2").render(r=record, v=view(record))


def render_restore_html(record: Mapping[str, Any]) -> str:
    """The report page of a restore's record."""
    return _html().get_template("restore.html.j2").render(r=record, v=restore_view.view(record))


def render_restore_markdown(record: Mapping[str, Any]) -> str:
    """The restore's protocol: what a review of the incident asks for, and a line to sign by hand."""
    return _markdown().get_template("restore.md.j2").render(r=record, v=restore_view.view(record))


@cache
def _html() -> Environment:
    return _with_words(Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined))


@cache
def _markdown() -> Environment:
    # HTML escapes would stand in the text of a Markdown file; what is special in Markdown is escaped instead,
    # in every expression.
    return _with_words(
        Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=False,  # noqa: S701  the output is Markdown; `finalize` escapes for it
            finalize=plain,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    )


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in Markdown as it is, line by line: a fence that is longer than any in it, in a list's item."""

    text: str

    def __str__(self) -> str:
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", self.text)), 0)
        return "\n".join(f"    {line}" for line in (f"{fence}sh", *self.text.splitlines(), fence))


def plain(value: Any) -> Any:
    """Text that Markdown, in a paragraph or a table, shows as it is: on one line, with its marks escaped."""
    return _MARKDOWN.sub(r"\\\1", re.sub(r"\s*\n\s*", " ", value)) if isinstance(value, str) else value


def _with_words(environment: Environment) -> Environment:
    environment.globals.update(
        words=_VERDICTS,
        block=Block,
        capital=words.capital,
        person=words.person,
        clock=lambda moment: words.clock(_moment(moment)),
        time=_known(lambda moment: f"{_moment(moment):%H:%M:%S}"),
        day=lambda moment: f"{_moment(moment).day} {_moment(moment):%B %Y}",
        month=lambda moment: f"{_moment(moment):%b}",
        year=lambda moment: f"{_moment(moment):%Y}",
        duration=_known(words.duration),
        number=_known(words.number),
        signed=words.signed,
        percent=words.percent,
        size=words.size,
        dollars=words.dollars,
        plural=words.plural,
    )
    return environment


def _known(said: Callable[[Any], str]) -> Callable[[Any], str]:
    """The same for a value that may be null in the record."""
    return lambda value: "not known" if value is None else said(value)


def _moment(moment: datetime | str) -> datetime:
    return payload.parse_instant(moment) if isinstance(moment, str) else moment.astimezone(UTC)
