"""`day2 drill`: one drill, watched state by state, to its verdict and report."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from cdk.environments import load
from cdk.names import Names
from cdk.runtime_settings import document
from day2.cli import verdict
from day2.cli.engine import PREPARING, SeedSize, say_on
from day2.cli.exit_codes import BAD_INPUT, FAILED, OK
from day2.cli.output import console, duration, sentences, stop
from day2.cli.places import Environment, Json, Local, asked_for, caller, on_aws
from day2.cli.watching import IN_THE_ENGINE, Elsewhere, Watching, in_aws, left_to_itself
from day2.drill import evidence, local_history
from day2.drill.deployment import Deployment, find
from day2.drill.evidence import Evidence, NoEvidence
from day2.drill.execution import Watched, follow, start
from day2.engine import failures, synth, temporary
from day2.engine.engine import Engine
from day2.engine.furnishing import POLL_SECONDS, furnish
from day2.engine.schedules import fire
from day2.engine.seed import size_named
from day2.engine.settings import EngineSettings
from lambdas import settings as runtime_settings
from lambdas.errors import InputRejected
from lambdas.recovery.request import read_request

Outcome = tuple[Watched, Evidence | None]

_SCHEDULES = {"latest-snapshot": "monthly-snapshot", "latest-restorable-time": "monthly-point-in-time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the operator asked for: the request's fields, and how large a database to seed on this machine."""

    request: dict[str, Any]
    seed: SeedSize


def drill(  # noqa: PLR0913  one argument for each option
    *,
    local: Local = True,
    environment: Environment = "",
    recovery_point: Annotated[
        str, typer.Option(metavar="POINT", help="latest-snapshot, latest-restorable-time, snapshot:ID or time:RFC3339.")
    ] = "latest-snapshot",
    target: Annotated[
        str, typer.Option(metavar="NAME", help="The copy's name, under the prefix. Left out: from date and id.")
    ] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="For the record.")] = "",
    accept_shrunk: Annotated[
        list[str] | None, typer.Option("--accept-shrunk", metavar="TABLE", help="Its smaller row count is intended.")
    ] = None,
    seed: Annotated[SeedSize, typer.Option(help="Size of the seeded production, with --local.")] = SeedSize.large,
    as_json: Json = False,
) -> None:
    """Restore a recovery point beside production, verify it, delete the copy, and keep the evidence.

    Exit code 0 for a passed drill, 1 for a failed one, 2 for a refused request, 130 after Ctrl-C.
    """
    request: dict[str, Any] = {"recovery_point": recovery_point}
    request |= {name: value for name, value in (("target", target), ("reason", reason)) if value}
    if accept_shrunk:
        request["accept_shrunk_tables"] = accept_shrunk
    told = Console(stderr=True, highlight=False) if as_json else console
    with sentences():
        environment = asked_for(environment, local=local)
        asked = Asked(request=request, seed=seed)
        seen, kept = _on_this_machine(asked, told) if local else _on_aws(asked, environment, told)
    if kept is None:
        _without_evidence(seen)
    if as_json:
        typer.echo(json.dumps(_for_machines(seen, kept), indent=2))
    else:
        verdict.show_drill(console, kept)
    raise typer.Exit(OK if kept.summary.outcome == "passed" else FAILED)


def _on_aws(asked: Asked, environment: str, told: Console) -> Outcome:
    deployment = on_aws(environment)
    evidence.require_writable()
    execution = start(deployment, {**asked.request, "started_by": caller(deployment)})
    told.print(f"Started {execution}")
    told.print(f"It goes on when you leave; `day2 drills --aws --env {environment}` lists it when it has ended.\n")
    return _watch(deployment, execution, told, elsewhere=in_aws(environment))


def _on_this_machine(asked: Asked, told: Console) -> Outcome:
    _require_readable(asked.request)
    evidence.require_writable()
    with _engine(asked.seed, told) as (engine, deployment, elsewhere):
        execution = _start_as_scheduled(engine, deployment, asked)
        return _watch(deployment, execution, told, elsewhere=elsewhere)


def _require_readable(request: dict[str, Any]) -> None:
    """What the drill's first step would refuse for its form alone is refused before an engine starts for it."""
    names = Names(settings=load(synth.ENVIRONMENT))
    settings = runtime_settings.parse(document(names, version="", copy_group="", verifier_group=""))
    faults = read_request(request, settings=settings, now=datetime.now(UTC)).faults
    if faults:
        raise InputRejected(faults)


@contextmanager
def _engine(seed: SeedSize, told: Console) -> Iterator[tuple[Engine, Deployment, Elsewhere | None]]:
    """The engine that is up, where the drill goes on; else one for this drill alone, of which nothing is left."""
    if (up := Engine.that_is_up()) is not None:
        told.print("On the engine that is up; the drill goes on there when you leave.\n")
        yield up, find(synth.ENVIRONMENT, up.client, poll_seconds=POLL_SECONDS), IN_THE_ENGINE
        return
    began = time.monotonic()
    with failures.kept(), temporary.workspace() as folder, Engine(EngineSettings(workspace=folder)) as engine:
        with told.status(PREPARING):
            furnished = furnish(engine, size=size_named(seed.value), say=say_on(told))
        local_history.bring(furnished.deployment)
        told.print()
        yield engine, furnished.deployment, None
    told.print(f"The engine is gone again; from its start to its end it took {duration(time.monotonic() - began)}.")


def _start_as_scheduled(engine: Engine, deployment: Deployment, asked: Asked) -> str:
    """The way the monthly schedule would where it has one for this recovery point; else by hand."""
    schedule = _SCHEDULES.get(asked.request["recovery_point"])
    if schedule is not None and len(asked.request) == 1:
        return fire(engine, deployment.environment, schedule)
    return start(deployment, {**asked.request, "started_by": "day2 drill on this machine"})


def _watch(deployment: Deployment, execution: str, told: Console, *, elsewhere: Elsewhere | None) -> Outcome:
    """To the drill's end and its evidence. It ends with the watching unless it goes on `elsewhere`."""
    watching = Watching(execution)
    with left_to_itself(watching, elsewhere) if elsewhere else nullcontext():
        seen = watching.show(told, follow(deployment, execution))
        try:
            return seen, evidence.of_execution(deployment, seen)
        except NoEvidence:
            return seen, None


def _without_evidence(seen: Watched) -> NoReturn:
    """A refused request, or a drill that died: the execution's own error, as a sentence."""
    if seen.status == "SUCCEEDED":
        stop("Another execution drills this slot; this one ended without doing anything.", code=OK)
    refused = seen.error == "InputRejected"
    stop(f"{seen.error or seen.status}: {seen.sentence}", code=BAD_INPUT if refused else FAILED)


def _for_machines(seen: Watched, kept: Evidence) -> dict[str, Any]:
    """The record's parts that decide, and where the whole of it lies."""
    record = kept.record
    return {
        "id": kept.summary.id,
        "execution": seen.execution,
        "outcome": record["outcome"],
        "verdict": record["verdict"],
        "recovery_point": record["recovery_point"],
        "tally": record["tally"],
        "checks": record["checks"],
        "controls": record["controls"],
        "cleanup": record["cleanup"],
        "phases": record["phases"],
        "sha256": kept.summary.sha256,
        "files": [str(file) for file in kept.files],
    }
