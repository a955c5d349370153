"""What the catalogue says a step of a restore raises is what it raises: each has a way to it, and no other has.

Every scene is played right before its step's own first call within a running restore, in the world as it is then, and
taken back again; then the restore goes on. Three restores reach every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

from lambdas import errors, payload, steps
from lambdas import settings as runtime_settings
from lambdas.adapters import aws
from lambdas.adapters.approvals import Approvals
from lambdas.adapters.postgres import connecting
from lambdas.adapters.restores import Restores
from lambdas.errors import Day2Error
from lambdas.platform import leading
from lambdas.restoration import fencing
from lambdas.restoration.handlers import open_restore
from lambdas.restore_contracts import Restoration

from .cloud import Refusal
from .cloud_rds import SOURCE
from .restoring import AUTOMATIC, REQUEST, RESTORE, Stage, stage

Event = dict[str, Any]
Scene = Callable[[Stage, Event], AbstractContextManager[Any]]
Scenes = Mapping[type[Day2Error], Scene]
Seen = dict[tuple[str, type[Day2Error] | str], str]
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
TOGETHER = pytest.mark.xdist_group("restore errors")


# What a scene may do to the world, or to the event.


def still(_: Stage, __: Event) -> AbstractContextManager[None]:
    """As it is: everything was only just begun."""
    return nullcontext()


def refused(code: str, *services: str, operation: str = "") -> Scene:
    """These services refuse every call so."""

    @contextmanager
    def scene(here: Stage, _: Event) -> Iterator[None]:
        def refuse(call: Any) -> None:
            if call.service in services and call.operation.startswith(operation):
                raise Refusal(code, "by the test")

        with patch.object(here.cloud, "meddle", refuse):
            yield

    return scene


def event(change: Callable[[Event], object]) -> Scene:
    """The step is called with another event."""

    def scene(_: Stage, told: Event) -> AbstractContextManager[None]:
        change(told)
        return nullcontext()

    return scene


def late(told: Event) -> None:
    """The state was entered a day ago."""
    entered = payload.parse_instant(told["step"]["entered_at"])
    told["step"]["entered_at"] = payload.instant(entered - timedelta(days=1))


def given_up(told: Event) -> None:
    told["restoration"]["give_up_at"] = told["restoration"]["opened_at"]


def onto_the_source(told: Event) -> None:
    told["restoration"]["target"] = SOURCE


def of_nothing(told: Event) -> None:
    told["restoration"]["target"] += "0"


def both(*scenes: Scene) -> Scene:
    @contextmanager
    def scene(here: Stage, told: Event) -> Iterator[None]:
        with ExitStack() as stack:
            for each in scenes:
                stack.enter_context(each(here, told))
            yield

    return scene


def settings(**changes: Any) -> Scene:
    """The settings are others: `platform` or `restore` with these fields."""

    def scene(here: Stage, _: Event) -> AbstractContextManager[Any]:
        now = here.cloud.settings
        told = replace(now, **{table: replace(getattr(now, table), **fields) for table, fields in changes.items()})
        return patch.object(runtime_settings, "current", lambda: told)

    return scene


def signing_in(error: type[Day2Error]) -> Scene:
    """PostgreSQL's door answers every sign-in so."""

    def answer(*_: object, **__: object) -> Any:
        raise error("no", resource="db", next_step="")

    return lambda _here, _told: patch.object(connecting, "_signed_in", answer)


def verifier(error: type[Day2Error]) -> Scene:
    def answer() -> None:
        raise error("no", resource="db", next_step="")

    return lambda here, _told: patch.object(here.verifier, "connect", answer)


def told_of_the_restored(**fields: Any) -> Scene:
    """RDS tells these of the restored cluster."""

    def scene(here: Stage, told: Event) -> AbstractContextManager[Any]:
        target = told.get("restoration", {}).get("target") or _restored(here)
        return patch.dict(here.cloud.rds.clusters[target].told, fields)

    return scene


def status_of_the_restored(status: str) -> Scene:
    def scene(here: Stage, told: Event) -> AbstractContextManager[Any]:
        phases = [(datetime.min.replace(tzinfo=here.world.time.now.tzinfo), status)]
        return patch.object(here.cloud.rds.clusters[told["restoration"]["target"]], "phases", phases)

    return scene


def without_an_endpoint(here: Stage, _: Event) -> AbstractContextManager[Any]:
    told = here.cloud.rds.clusters[_restored(here)].told
    return patch.dict(told, {name: value for name, value in told.items() if name != "Endpoint"}, clear=True)


def _restored(here: Stage) -> str:
    return next(name for name in here.cloud.rds.clusters if "-restored-" in name)


def unhealthy(here: Stage, _: Event) -> AbstractContextManager[Any]:
    everywhere = {each.told["DbClusterResourceId"] for each in here.cloud.rds.clusters.values()}
    return patch.object(here.platform, "unhealthy", everywhere)


def somebody_stays(_: Stage, __: Event) -> AbstractContextManager[Any]:
    return patch.object(fencing, "clients", lambda _: "psql (1)")


def another_restore(here: Stage, told: Event) -> AbstractContextManager[None]:
    """This one holds the source, and another asks for it."""
    open_restore.handler(_copy(told), None)
    told["step"]["execution"] = told["step"]["execution"].rpartition(":")[0] + ":another"
    return nullcontext()


def followed(_: Stage, __: Event) -> AbstractContextManager[Any]:
    """The Deployment bears a later restore."""
    return patch.object(leading, "follower", lambda *_: "20261124-later")


def while_it_runs(told: Event) -> None:
    """It is another one's redrive, and the running one holds the source."""
    told["restoration"]["execution"] += "-another"


@contextmanager
def after_it_led(here: Stage, told: Event) -> Iterator[None]:
    """It is an earlier one's redrive, and the running one, which has led the platform, has let the source go."""
    restores, now = Restores(here.cloud.settings.evidence.table, aws.client("dynamodb")), told["restoration"]
    running = payload.read(Restoration, now)
    restores.lead(running)
    restores.unlock(source=running.source, execution=running.execution)
    now |= {"execution": "earlier", "id": "20260101-earlier", "opened_at": payload.instant(EARLIER)}
    try:
        yield
    finally:
        restores.lock(running, until=running.give_up_at)


def aws_refuses(*services: str) -> Scenes:
    return {
        errors.ServiceBusy: refused("Throttling", *services),
        errors.AccessRefused: refused("AccessDenied", *services),
        errors.RequestRefused: refused("InvalidParameterCombination", *services),
    }


LED: Scenes = {errors.RestoreSuperseded: followed}
HELD: Scenes = {errors.RestoreInProgress: event(while_it_runs), errors.RestoreSuperseded: after_it_led}
KUBERNETES: Scenes = {
    errors.ServiceBusy: refused("Throttling", "kubernetes"),
    errors.KubernetesUnavailable: refused("AccessDenied", "kubernetes"),
}
NO_DEPLOYMENT = settings(platform={"deployment": "another"})
SQL: Scenes = {
    errors.DatabaseNotReachable: signing_in(errors.DatabaseNotReachable),
    errors.VerificationFailed: signing_in(errors.VerificationFailed),
    **aws_refuses("secretsmanager"),
}
CHECKS: Scenes = {
    errors.DatabaseNotReachable: verifier(errors.DatabaseNotReachable),
    errors.VerificationFailed: verifier(errors.VerificationFailed),
    **aws_refuses("secretsmanager"),
}
WRONG_PASSWORD = both(signing_in(errors.AccessRefused), event(lambda told: told.update(was_set=True)))
LOOKS: Scenes = {**LED, **KUBERNETES, errors.PlatformNotHealthy: unhealthy}

SCENES: Mapping[str, Scenes] = {
    "OpenRestore": {
        errors.InputRejected: event(lambda told: told.update(request={"colour": "red"})),
        errors.RestoreInProgress: another_restore,
        errors.ProductionTargetRefused: settings(restore={"restored": f"{SOURCE}-{'x' * 40}-restored-"}),
        **aws_refuses("dynamodb"),
    },
    "SurveyDatabase": {
        errors.NoUsableRecoveryPoint: event(
            lambda told: told["restoration"].update(recovery_point="snapshot:no-such-thing")
        ),
        **aws_refuses("rds"),
    },
    "SurveyPlatform": {
        errors.PlanRefused: NO_DEPLOYMENT,
        errors.KubernetesUnavailable: KUBERNETES[errors.KubernetesUnavailable],
        **aws_refuses("secretsmanager"),
    },
    "PlanRestore": {errors.PlanRefused: event(lambda told: told["survey"]["blueprint"].update(security_groups=[]))},
    "RestoreBeside": {
        errors.ProductionTargetRefused: event(onto_the_source),
        errors.NoUsableRecoveryPoint: refused("DBClusterSnapshotNotFoundFault", "rds", operation="Restore"),
        **aws_refuses("rds"),
    },
    "AddInstances": {errors.ProductionTargetRefused: event(onto_the_source), **aws_refuses("rds")},
    "AwaitInstances": {
        errors.InstanceNotReady: still,
        errors.RestoreFailed: event(lambda told: (told.update(instances=["no-such-thing"]), late(told))),
        errors.RestoreOverdue: event(given_up),
        **aws_refuses("rds"),
    },
    "TryLogin": {
        errors.CredentialsNotReady: WRONG_PASSWORD,
        errors.CredentialsRefused: both(WRONG_PASSWORD, event(late)),
        **SQL,
    },
    "SetMasterPassword": {
        errors.ProductionTargetRefused: event(onto_the_source),
        errors.CredentialsRefused: told_of_the_restored(MasterUsername="somebody_else"),
        errors.ClusterNotReady: status_of_the_restored("modifying"),
        errors.RestoreFailed: event(of_nothing),
        errors.RestoreOverdue: both(status_of_the_restored("modifying"), event(given_up)),
        **aws_refuses("rds"),
    },
    "PlanRestoredChecks": CHECKS,
    "RunRestoredChecks": CHECKS,
    "JudgeRestore": {
        errors.VerificationFailed: event(lambda told: told.update(results=[])),
        **aws_refuses("dynamodb"),
    },
    "AdmitData": {
        errors.RestoredDataRefused: event(lambda told: told["judgement"]["verdict"].update(overall="fail")),
        errors.SchemaTooNew: event(lambda told: told["judgement"]["facts"].update(schema_version=None)),
    },
    "AskApproval": aws_refuses("dynamodb"),
    "RememberPlatform": {
        errors.PlanRefused: NO_DEPLOYMENT,
        errors.KubernetesUnavailable: KUBERNETES[errors.KubernetesUnavailable],
        **aws_refuses("secretsmanager"),
    },
    "RememberDatabase": {**HELD, **aws_refuses("rds")},
    "StopPlatform": {**LED, **KUBERNETES},
    "AwaitStopped": {**LED, **KUBERNETES, errors.PodsStillRunning: still, errors.FenceOverdue: event(late)},
    "FenceDatabase": {**HELD, **aws_refuses("rds")},
    "SilenceDatabase": {
        errors.StillConnected: somebody_stays,
        errors.FenceOverdue: both(somebody_stays, event(late)),
        errors.KubernetesUnavailable: KUBERNETES[errors.KubernetesUnavailable],
        **LED,
        **SQL,
    },
    "Repoint": {
        **LED,
        errors.KubernetesUnavailable: KUBERNETES[errors.KubernetesUnavailable],
        **aws_refuses("secretsmanager"),
    },
    "SwapIdentifiers": {
        **HELD,
        errors.ProductionTargetRefused: event(onto_the_source),
        errors.NamesNotSettled: still,
        errors.CutOverOverdue: event(late),
        **aws_refuses("rds"),
    },
    "LocateDatabases": {errors.NamesNotSettled: without_an_endpoint, **aws_refuses("rds")},
    "StartCoder": {
        **LED,
        **KUBERNETES,
        errors.RequestRefused: event(lambda told: told["before"]["coder"].update(images=["another"])),
    },
    "AwaitRollout": {
        **LED,
        **KUBERNETES,
        errors.RolloutNotComplete: still,
        errors.CutOverOverdue: event(late),
    },
    "StartProvisioners": {**LED, **KUBERNETES},
    "VerifyPlatform": LOOKS,
    "Soak": {**LOOKS, errors.SoakNotOver: still},
    "SettleGroups": {**HELD, **aws_refuses("rds")},
    "Reconcile": {errors.ServiceBusy: KUBERNETES[errors.ServiceBusy]},
    "WriteHandover": aws_refuses("rds"),
    "RepointBack": {
        **LED,
        errors.KubernetesUnavailable: KUBERNETES[errors.KubernetesUnavailable],
        **aws_refuses("secretsmanager"),
    },
    "UnfenceDatabase": {**HELD, **aws_refuses("rds")},
    "OpenDatabase": {
        errors.KubernetesUnavailable: KUBERNETES[errors.KubernetesUnavailable],
        **LED,
        errors.OldDatabaseCannotServe: event(lambda told: told["database_before"].update(cannot_serve="it is gone")),
        **SQL,
    },
    "RecordRestore": {
        errors.EvidenceNotStored: refused("AccessDenied", "s3"),
        errors.ServiceBusy: refused("Throttling", "s3"),
    },
    "AnnounceRestore": aws_refuses("sns"),
}
OF_A_RESTORE = [step.name for step in steps.RESTORE_STEPS]
# What may go wrong beneath any step, whether or not it has to do with it.
PROBES: Mapping[str, Scene] = {
    **{
        f"{code} of {service}": refused(code, service)
        for service in ("kubernetes", "secretsmanager", "rds", "dynamodb", "s3", "sns")
        for code in ("Throttling", "AccessDenied", "InvalidParameterCombination")
    },
    **{
        f"{error.__name__} of PostgreSQL": signing_in(error)
        for error in (errors.DatabaseNotReachable, errors.AccessRefused, errors.VerificationFailed)
    },
    "no Deployment": NO_DEPLOYMENT,
    "a day later": event(late),
}


@pytest.mark.parametrize("name", OF_A_RESTORE)
def test_the_catalogue_declares_what_there_is_a_scene_for(name: str) -> None:
    assert set(steps.BY_NAME[name].raises) == set(SCENES[name])


@TOGETHER
@pytest.mark.parametrize(
    ("name", "error"),
    [(name, error) for name in SCENES for error in SCENES[name]],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_each_declared_error_is_raised_by_its_step(name: str, error: type[Day2Error]) -> None:
    assert raised()[name, error] == error.__name__


@TOGETHER
@pytest.mark.parametrize("name", OF_A_RESTORE)
def test_whatever_goes_wrong_beneath_a_step_leaves_it_by_a_declared_name(name: str) -> None:
    declared = {error.__name__ for error in steps.BY_NAME[name].raises} | {"nothing"}
    assert {probe: told for probe in PROBES if (told := raised()[name, probe]) not in declared} == {}


@TOGETHER
def test_a_restore_goes_on_after_every_scene_as_if_there_had_been_none() -> None:
    assert raised()["", ""] == "kept kept rolled-back"


@cache
def raised() -> Mapping[tuple[str, type[Day2Error] | str], str]:
    """What each step raised in each scene and probe, by their names; under "" how the restores ended."""
    seen: Seen = {}
    ends = []
    with stage() as here:
        _play(here, seen)
        here.platform.old_password = "of last week"
        execution = here.world.start(RESTORE, dict(REQUEST))
        here.world.time.sleep(120)
        [question] = Approvals(here.cloud.settings.evidence.table, aws.client("dynamodb")).approvals("waiting")
        yes = {"decision": "approved", "by": "arn:aws:sts::123456789012:assumed-role/sre/anna", "reason": ""}
        assert execution.answer(question.token, yes)
        ends.append(here.world.wait(execution).output["outcome"])
    with stage() as here:
        _play(here, seen)
        ends.append(here.restore({**AUTOMATIC, "strategy": "swap-identifiers"}).output["outcome"])
    with stage() as here:
        _play(here, seen)
        here.when("Soak", lambda _: here.platform.unhealthy.update(_new(here)))
        execution = here.restore()
        ends.append("rolled-back" if execution.status == "FAILED" and here.as_before() else execution.status)
    return {**seen, ("", ""): " ".join(ends)}


def _new(here: Stage) -> set[str]:
    return {here.cloud.rds.clusters[_restored(here)].told["DbClusterResourceId"]}


def _play(here: Stage, seen: Seen) -> None:
    """Let every step meet its scenes before its first call, those that it has not met in an earlier restore."""

    def playing(name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        def called(told: Event, context: object) -> Any:
            for by, scene in (*SCENES.get(name, {}).items(), *PROBES.items()):
                if name in SCENES and (name, by) not in seen:
                    seen[name, by] = _met(here, scene, _copy(told), handler)
            return handler(told, context)

        return called

    here.world.handlers = {name: playing(name, each) for name, each in here.world.handlers.items()}


def _met(here: Stage, scene: Scene, told: Event, handler: Callable[..., Any]) -> str:
    try:
        with scene(here, told):
            handler(told, None)
    except Exception as raised:  # noqa: BLE001  an error that is none of ours is told by the comparison
        return type(raised).__name__
    return "nothing"


def _copy(told: Event) -> Event:
    copied: Event = payload.write(told)  # type: ignore[assignment]
    return copied
