"""What is kept of retirements, against moto: one at a time of a cluster, and how each ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from lambdas.adapters.retirements import Retirements
from lambdas.retirement.contracts import Retirement

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=7)
ARN = "arn:aws:states:eu-central-1:111122223333:execution:coder-day2-prod-retire:"
ONE = Retirement(
    id="20261124-0000000a",
    environment="prod",
    cluster="coder-prod-aurora-old-20261123-0a1b2c3d",
    resource_id="cluster-OLD",
    execution=f"{ARN}one",
    opened_at=NOW,
    started_by="somebody",
    reason="a quiet month",
    ticket="",
    dry_run=False,
    successor="coder-prod-aurora",
    snapshot="final",
)
TWO = replace(ONE, id="20261124-0000000b", execution=f"{ARN}two")


@pytest.fixture
def retirements(dynamodb: DynamoDBClient) -> Retirements:
    return Retirements("ledger", dynamodb)


def test_one_retirement_holds_a_cluster_and_is_named_to_another(retirements: Retirements) -> None:
    assert retirements.lock(ONE, until=UNTIL) is None
    assert retirements.lock(ONE, until=UNTIL) is None
    assert retirements.lock(TWO, until=UNTIL) == ONE.execution
    assert retirements.lock(replace(TWO, cluster="another"), until=UNTIL) is None


def test_a_dead_holder_is_replaced_once(retirements: Retirements) -> None:
    retirements.lock(ONE, until=UNTIL)
    assert retirements.take_over(TWO, holder=ONE.execution, until=UNTIL) is None
    three = replace(ONE, execution=f"{ARN}three")
    assert retirements.take_over(three, holder=ONE.execution, until=UNTIL) == TWO.execution


def test_only_who_holds_a_cluster_lets_it_go(retirements: Retirements) -> None:
    retirements.lock(ONE, until=UNTIL)
    retirements.unlock(cluster=TWO.cluster, execution=TWO.execution)
    assert retirements.lock(TWO, until=UNTIL) == ONE.execution
    retirements.unlock(cluster=ONE.cluster, execution=ONE.execution)
    assert retirements.lock(TWO, until=UNTIL) is None


def test_an_end_is_entered_once_however_often(retirements: Retirements) -> None:
    assert retirements.entry(ONE.id) is None
    for _ in range(2):
        retirements.close(ONE.id, {"outcome": "retired", "cluster": ONE.cluster})
    assert retirements.entry(ONE.id) == {"outcome": "retired", "cluster": ONE.cluster}
