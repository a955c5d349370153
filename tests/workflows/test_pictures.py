"""The pictures in docs/ are those of the ASL files as they are."""

import runpy
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .asl import FILES, FOLDER, load, states

DOCS = Path(__file__).parents[2] / "docs"
picture = runpy.run_path(str(FOLDER / "draw.py"))["picture"]
every_machine = pytest.mark.parametrize("machine", FILES)


@every_machine
def test_the_committed_picture_is_current(machine: str) -> None:
    drawn = picture(load(machine))
    assert (DOCS / f"{machine}.svg").read_text() == drawn, "run: python statemachines/draw.py"


@every_machine
def test_a_picture_shows_every_state_once(machine: str) -> None:
    drawn = ET.fromstring(picture(load(machine)))  # noqa: S314  our own text
    names = [text.text or "" for text in drawn.iter() if _is_a_name(text)]
    shown = [name.removesuffix(" ⟳").removesuffix(" (each)") for name in names]
    assert sorted(shown) == sorted(state.name for state in states(machine))


def _is_a_name(element: ET.Element) -> bool:
    return element.tag.endswith("}text") and element.get("class") is None
