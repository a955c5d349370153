"""`day2 scale demo`: a day of a node group on an engine of its own, and the picture of it."""

import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from day2.cli.engine import PREPARING, say_on
from day2.cli.exit_codes import FAILED
from day2.cli.output import console, duration, sentences, stop
from day2.drill.evidence import FOLDER, require_writable
from day2.engine import coder, failures, seed, temporary
from day2.engine.engine import Engine
from day2.engine.furnishing import Furnished, furnish
from day2.engine.settings import EngineSettings
from day2.engine.workspaces import Workspaces
from day2.scaling.story import page
from day2.scaling.story.acts import Act, Story
from day2.scaling.story.deployed import GROUP, Deployed, StoryBroken
from day2.scaling.story.timeline import Timeline

PAGE = FOLDER / "scaling-demo.html"
WAIT_SCALE = 0.02
"""The evening looks again after twelve seconds where it would after ten minutes."""


def demo() -> None:
    """A day in a minute: morning by the schedule, a burst of alarms, evening beside running workspaces.

    On an engine of its own, which is gone afterwards. Exit code 1 where a workspace was ended, or anything else failed.
    """
    with sentences():
        require_writable()
        try:
            written = play(console)
        except StoryBroken as broken:
            stop(f"The day did not go as it should: {broken}.", "Read .engine/last-failure.log.", code=FAILED)
    console.print(f"\n  {escape(str(written))}", soft_wrap=True)


def play(told: Console) -> Path:
    """Play it; the page of it. Raises StoryBroken."""
    began = time.monotonic()
    with failures.kept(), temporary.workspace() as folder:
        settings = replace(EngineSettings(workspace=folder), wait_scale=WAIT_SCALE)
        with Engine(settings) as engine:
            with told.status(PREPARING):
                furnished = furnish(engine, size=seed.SMALL, say=say_on(told), with_coder=coder.Names())
            acts, timeline = _acts(furnished, told)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page.render(timeline, acts, places=settings.pods_per_node), encoding="utf-8", newline="\n")
    told.print(f"\nThe engine is gone again; from its start to its end it took {duration(time.monotonic() - began)}.")
    return PAGE


def _acts(furnished: Furnished, told: Console) -> tuple[tuple[Act, ...], Timeline]:
    engine, acts = furnished.engine, []
    deployed = Deployed(engine=engine, deployment=furnished.deployment)
    with Timeline(Workspaces.on(engine), GROUP, deployed.desired) as timeline:
        story = Story(deployed=deployed, people=Workspaces.on(engine), timeline=timeline)
        for act in story.play():
            acts.append(act)
            told.print(f"\n[bold]{escape(act.title)}[/]")
            for line in act.lines:
                told.print(Padding(escape(line), (0, 0, 0, 2)))
    return tuple(acts), timeline
