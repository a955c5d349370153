"""The three steps as Lambda calls them, against a real PostgreSQL; only AWS is a fake."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas import payload, runtime
from lambdas import settings as runtime_settings
from lambdas.adapters.secrets import Login
from lambdas.contracts import Baseline, Credentials
from lambdas.errors import VerificationFailed
from lambdas.settings import Verification
from lambdas.verification import access
from lambdas.verification.handlers import judge, plan_verification, run_checks

from .conftest import Seeded
from .samples import drill, point, settings

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


class Secrets:
    """Secrets Manager with one login."""

    def __init__(self, seeded: Seeded) -> None:
        self._login = Login(user=seeded.server.user, password=seeded.server.password)

    def login(self, secret: str) -> Login:
        assert secret == "arn:secret"
        return self._login


class Ledger:
    """A ledger with one baseline."""

    baselines: Mapping[str, Baseline] = {}

    def __init__(self, table: str, client: str) -> None:
        assert (table, client) == ("t", "dynamodb")

    def baseline(self, source: str) -> Baseline | None:
        return self.baselines.get(source)


@pytest.fixture
def verification(monkeypatch: pytest.MonkeyPatch) -> Callable[[Verification], None]:
    def put(chosen: Verification) -> None:
        monkeypatch.setattr(runtime_settings, "current", lambda: settings(chosen))

    put(Verification())
    return put


@pytest.fixture
def steps(seeded: Seeded, verification: object, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Calls a step as the state machine does: everything through JSON."""
    seeded.running.sql("DROP DATABASE IF EXISTS drilled WITH (FORCE)")
    seeded.running.sql("CREATE DATABASE drilled TEMPLATE coder OWNER coder_admin")
    monkeypatch.setenv("DATABASE_CA_FILE", str(seeded.server.ca_file))
    monkeypatch.setattr(access, "Secrets", lambda: Secrets(seeded))
    monkeypatch.setattr(judge, "Ledger", Ledger)
    monkeypatch.setattr(judge.aws, "client", lambda service: service)
    opened = seeded.as_of + timedelta(minutes=6)
    monkeypatch.setattr(runtime, "utc_now", lambda: opened + timedelta(minutes=30))
    common = {
        "step": {
            "state": "State",
            "entered_at": payload.instant(opened),
            "retries": 0,
            "execution": "arn:execution",
            "execution_started_at": payload.instant(opened),
        },
        "drill": payload.write(replace(drill("latest-restorable-time"), opened_at=opened)),
        "recovery_point": payload.write(point("point-in-time", time=seeded.as_of)),
        "credentials": payload.write(
            Credentials(secret="arn:secret", host=seeded.server.host, port=seeded.server.port, database="drilled")
        ),
    }

    def call(handler: Handler, **event: Any) -> dict[str, Any]:
        answered: dict[str, Any] = json.loads(json.dumps(handler(json.loads(json.dumps({**common, **event})), None)))
        return answered

    return call


def test_a_healthy_copy_goes_from_plan_to_a_passed_verdict(steps: Callable[..., dict[str, Any]]) -> None:
    plan = steps(plan_verification.handler)
    results = [steps(run_checks.handler, group=group) for group in plan["groups"]]
    judgement = steps(judge.handler, plan=plan, results=results)

    assert plan["facts"]["amcheck"] == "created"
    assert judgement["verdict"]["overall"] == "pass", judgement["verdict"]
    assert judgement["verdict"]["rpo"]["verdict"] == "pass"
    assert judgement["next_baseline"]["counts"]["users"] == 41
    assert "password" not in json.dumps([plan, results, judgement])


def test_the_baseline_of_the_source_is_compared_with(
    steps: Callable[..., dict[str, Any]], seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Baseline(drill="before", taken_at=seeded.as_of - timedelta(days=30), counts={"users": 10_000})
    monkeypatch.setattr(Ledger, "baselines", {"coder-prod-aurora": before})
    plan = steps(plan_verification.handler)
    results = [steps(run_checks.handler, group=group) for group in plan["groups"]]

    judgement = steps(judge.handler, plan=plan, results=results)

    assert judgement["verdict"]["overall"] == "warn"
    assert judgement["baseline_drill"] == "before"


def test_an_upgrade_that_makes_a_table_unlogged_fails_no_drill(
    steps: Callable[..., dict[str, Any]], seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Baseline(
        drill="before", taken_at=seeded.as_of - timedelta(days=30), counts={"users": 41, "tailnet_coordinators": 2}
    )
    monkeypatch.setattr(Ledger, "baselines", {"coder-prod-aurora": before})
    seeded.running.sql("ALTER TABLE tailnet_coordinators SET UNLOGGED", database="drilled")
    plan = steps(plan_verification.handler)
    results = [steps(run_checks.handler, group=group) for group in plan["groups"]]

    judgement = steps(judge.handler, plan=plan, results=results)

    (counted,) = [check for check in judgement["checks"] if check["id"] == "CT01_row_counts"]
    assert counted["verdict"] == "pass"
    assert "no longer compared: tailnet_coordinators" in counted["detail"]
    assert judgement["verdict"]["overall"] == "pass"
    assert "tailnet_coordinators" not in judgement["next_baseline"]["counts"]


def test_settings_that_expect_something_of_no_check_stop_the_drill(
    steps: Callable[..., dict[str, Any]], verification: Callable[[Verification], None]
) -> None:
    verification(Verification(expect={"Z99_nothing": "zero"}))

    with pytest.raises(VerificationFailed, match="Z99_nothing"):
        steps(plan_verification.handler)
