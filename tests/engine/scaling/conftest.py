"""One engine with node groups for the session. None of its tests may end a workspace by a node's end."""

from collections.abc import Iterator

import pytest
from scaling_stage import WORKSPACES, Stage

from day2.engine import coder, seed
from day2.engine.engine import Engine
from day2.engine.furnishing import furnish
from day2.engine.nodes.disturbances import NodeDisturbance
from day2.engine.settings import EngineSettings, PhaseSeconds
from day2.engine.workspaces import Workspaces

PHASES = PhaseSeconds(
    cluster_creating=0.1,
    instance_creating=0.1,
    snapshot_creating=0.1,
    node_group_updating=0.2,
    node_group_following=0.1,
    instance_launching=0.2,
    instance_terminating=0.3,
    launch_retrying=0.1,
    node_joining=0.1,
    node_starting=0.1,
    rollout_progressing=0.1,
)


@pytest.fixture(scope="session")
def furnished_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The engine in `folder/.engine`; a person may take the workspaces' group down to two nodes."""
    folder = tmp_path_factory.mktemp("scaling")
    with Engine(EngineSettings(workspace=folder / ".engine", phases=PHASES, wait_scale=0.01)) as engine:
        furnished = furnish(engine, size=seed.SMALL, say=lambda _stage, _seconds: None, with_coder=coder.Names())
        stage = Stage(furnished=furnished, folder=folder, people=Workspaces.on(engine))
        stage.set_sizes(WORKSPACES, minSize=2, desiredSize=10, maxSize=200)
        yield stage


@pytest.fixture
def stage(furnished_stage: Stage) -> Iterator[Stage]:
    """No override holds, nothing is disturbed; afterwards nothing was killed, and no node is left cordoned."""
    furnished_stage.say_nothing_holds()
    yield furnished_stage
    for what in NodeDisturbance:
        furnished_stage.disturbances.lift(what)
    assert furnished_stage.people.killed() == ()
    assert [each.name for each in furnished_stage.nodes() if each.cordoned_by] == []
