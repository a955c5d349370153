"""The documents promise what is there: files, headings, make targets, commands."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from day2.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def anchors(document: Path) -> set[str]:
    """The headings as GitHub names them in a link."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", "", re.sub(r"^    .*$", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text(encoding="utf-8"))):
        if target.startswith("https://"):
            continue
        file, _, heading = target.partition("#")
        place = (document.parent / file) if file else document
        assert place.exists(), target
        assert not heading or heading in anchors(place), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", text, flags=re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_that_is_named_exists(document: Path) -> None:
    day2 = typer.main.get_command(app)
    for words in re.findall(r"(?:`|^ +)day2 ([^`#\n]*)", document.read_text(encoding="utf-8"), flags=re.MULTILINE):
        command: Any = day2
        alone = False  # a group that also runs by itself, with options of its own
        for word in re.split(r"[\s|]+", words.strip()):
            alone = alone or (word.startswith("--") and getattr(command, "invoke_without_command", False))
            if isinstance(command, TyperGroup) and not alone:
                assert word in command.commands, words
                command = command.commands[word]
            elif word.startswith("--"):
                known = [name for each in command.params for name in (*each.opts, *each.secondary_opts)]
                assert word in known, words
