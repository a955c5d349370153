"""The record as people read it: a Markdown form and one self-contained HTML page."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.evidence.summary import Summary


def render_html(record: Mapping[str, Any], history: Sequence[Summary] = ()) -> str:
    return f"<!doctype html><title>{record['drill']['id']}</title>"


def render_markdown(record: Mapping[str, Any]) -> str:
    return f"# {record['drill']['id']}\n"
