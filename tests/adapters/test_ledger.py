"""The ledger against moto: who may drill, what ran, what the next drill is compared with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber
from mypy_boto3_dynamodb import DynamoDBClient

from lambdas.adapters.ledger import Ledger
from lambdas.contracts import Baseline, Blueprint, Drill
from lambdas.errors import AccessRefused, Day2Error, RequestRefused, ServiceBusy
from lambdas.evidence.summary import Summary

NOW = datetime(2026, 11, 23, 2, 0, 7, tzinfo=UTC)
ONE, TWO = "arn:aws:states:eu-west-1:111122223333:execution:dr-drill:one", "arn:aws:states:::execution:dr-drill:two"
SOURCE = "coder-prod-aurora"


@pytest.fixture
def ledger(dynamodb: DynamoDBClient) -> Ledger:
    return Ledger("ledger", dynamodb)


def drill(number: int = 1, *, opened_at: datetime = NOW, source: str = SOURCE, execution: str = ONE) -> Drill:
    name = f"{opened_at:%Y%m%d}-{number:08x}"
    return Drill(
        id=name,
        environment="prod",
        source=source,
        target=f"coder-dr-test-{name}",
        writer=f"coder-dr-test-{name}-writer",
        namespace=f"coder-dr-test-{name}",
        execution=execution,
        opened_at=opened_at,
        give_up_at=opened_at + timedelta(hours=2),
        recovery_point="latest-snapshot",
        started_by="schedule",
        accept_shrunk_tables=("audit_logs",),
    )


def summary(of: Drill, outcome: str = "passed") -> Summary:
    return Summary(
        id=of.id,
        environment=of.environment,
        source=of.source,
        execution=of.execution,
        opened_at=of.opened_at,
        closed_at=of.opened_at + timedelta(minutes=40),
        requested=of.recovery_point,
        outcome="passed" if outcome == "passed" else "failed",
        rto_seconds=1834.5,
        phases={"restore": 720.25, "verify": 61.0},
        failed_checks=("templates-active-version",),
    )


def blueprint(*, instances: int) -> Blueprint:
    return Blueprint(
        described=True,
        cluster_parameter_group="coder-prod-pg16",
        subnet_group="coder-prod-db-subnet-group",
        port=5432,
        master_username="coder_admin",
        iam_authentication=True,
        log_exports=("postgresql",),
        backup_retention_days=35,
        instances=instances,
        min_acu=0.5,
        max_acu=16,
        tags={"Team": "platform"},
    )


class TestASlot:
    def claim(self, ledger: Ledger, execution: str, recovery_point: str = "latest-snapshot") -> bool:
        return ledger.claim_slot(source=SOURCE, recovery_point=recovery_point, slot=NOW, execution=execution)

    def test_delivered_twice_drills_once(self, ledger: Ledger) -> None:
        assert self.claim(ledger, ONE)
        assert not self.claim(ledger, TWO)

    def test_stays_with_its_execution_when_the_step_is_retried(self, ledger: Ledger) -> None:
        assert self.claim(ledger, ONE)
        assert self.claim(ledger, ONE)

    def test_of_another_recovery_point_at_the_same_moment_is_another_slot(self, ledger: Ledger) -> None:
        assert self.claim(ledger, ONE)
        assert self.claim(ledger, TWO, "latest-restorable-time")

    def test_is_forgotten_by_the_table_after_a_month(self, ledger: Ledger, dynamodb: DynamoDBClient) -> None:
        self.claim(ledger, ONE)
        (item,) = dynamodb.scan(TableName="ledger")["Items"]
        assert int(item["expires_at"]["N"]) == int((NOW + timedelta(days=30)).timestamp())


class TestTheLock:
    def lock(self, ledger: Ledger, execution: str, now: datetime = NOW) -> str | None:
        return ledger.lock(
            source=SOURCE, execution=execution, drill="20261123-00000001", until=now + timedelta(hours=8), now=now
        )

    def test_refuses_a_second_drill_of_the_source_and_names_the_holder(self, ledger: Ledger) -> None:
        assert self.lock(ledger, ONE) is None
        assert self.lock(ledger, TWO) == ONE

    def test_is_adopted_by_the_execution_that_holds_it(self, ledger: Ledger) -> None:
        assert self.lock(ledger, ONE) is None
        assert self.lock(ledger, ONE) is None

    def test_is_taken_over_once_it_has_expired(self, ledger: Ledger) -> None:
        self.lock(ledger, ONE)
        late = NOW + timedelta(hours=8)
        assert self.lock(ledger, TWO, late - timedelta(seconds=1)) == ONE
        assert self.lock(ledger, TWO, late) is None
        assert self.lock(ledger, ONE, late) == TWO

    def test_is_free_after_its_holder_let_go(self, ledger: Ledger) -> None:
        self.lock(ledger, ONE)
        ledger.unlock(source=SOURCE, execution=ONE)
        assert self.lock(ledger, TWO) is None

    def test_is_not_let_go_by_another(self, ledger: Ledger) -> None:
        self.lock(ledger, ONE)
        ledger.unlock(source=SOURCE, execution=TWO)
        assert self.lock(ledger, TWO) == ONE

    def test_that_nobody_holds_may_be_let_go_again(self, ledger: Ledger) -> None:
        ledger.unlock(source=SOURCE, execution=ONE)
        assert self.lock(ledger, TWO) is None

    def test_of_another_source_is_another_lock(self, ledger: Ledger) -> None:
        self.lock(ledger, ONE)
        assert (
            ledger.lock(source="coder-dev-aurora", execution=TWO, drill="20261123-00000002", until=NOW, now=NOW) is None
        )


class TestDrills:
    def test_that_run_are_listed_with_all_that_was_named(self, ledger: Ledger) -> None:
        ledger.open_drill(drill())
        assert ledger.running() == (drill(),)
        assert ledger.entry(drill().id) == drill()

    def test_that_ended_no_longer_run(self, ledger: Ledger) -> None:
        ledger.open_drill(drill())
        ledger.close_drill(summary(drill()))
        assert ledger.running() == ()
        assert ledger.entry(drill().id) == summary(drill())

    def test_may_be_opened_again_by_a_retry_but_not_after_their_end(self, ledger: Ledger) -> None:
        ledger.open_drill(drill())
        ledger.open_drill(drill())
        ledger.close_drill(summary(drill()))
        ledger.open_drill(drill())
        assert ledger.running() == ()

    def test_that_were_never_opened_can_still_be_closed(self, ledger: Ledger) -> None:
        ledger.close_drill(summary(drill(), "failed"))
        assert ledger.history(SOURCE, 5) == (summary(drill(), "failed"),)

    def test_unknown_have_no_entry(self, ledger: Ledger) -> None:
        assert ledger.entry("20200101-00000000") is None


class TestTheHistory:
    def test_is_newest_first_even_within_a_day(self, ledger: Ledger) -> None:
        # The numbers are the other way round than the moments: ids of one day do not sort by time.
        moments = [NOW - timedelta(days=31), NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2)]
        drills = [drill(99 - index, opened_at=moment) for index, moment in enumerate(moments)]
        for each in drills:
            ledger.close_drill(summary(each))
        expected = [each.id for each in reversed(drills)]
        for limit in range(1, 5):
            assert [each.id for each in ledger.history(SOURCE, limit)] == expected[:limit]

    def test_leaves_out_other_sources_and_drills_that_run(self, ledger: Ledger) -> None:
        ledger.open_drill(drill(1))
        ledger.close_drill(summary(drill(2, source="coder-dev-aurora")))
        assert ledger.history(SOURCE, 12) == ()

    def test_is_read_across_pages(self, ledger: Ledger) -> None:
        padding = "x" * 300_000  # a page ends at 1 MB
        for number in range(1, 8):
            one = drill(number, opened_at=NOW + timedelta(days=number))
            ledger.close_drill(replace(summary(one), cause=padding))
        assert len(ledger.history(SOURCE, 12)) == 7

    def test_is_none_before_the_first_passed_drill(self, ledger: Ledger) -> None:
        assert ledger.baseline(SOURCE) is None

    def test_is_what_was_put_last(self, ledger: Ledger) -> None:
        for count in (1000, 1200):
            put = Baseline(drill="20261123-00000001", taken_at=NOW, counts={"users": count}, warned=("api_keys",))
            ledger.put_baseline(SOURCE, put)
        assert ledger.baseline(SOURCE) == put
        assert ledger.baseline("coder-dev-aurora") is None


class TestTheBlueprint:
    def test_is_none_before_any_drill_saw_the_source(self, ledger: Ledger) -> None:
        assert ledger.blueprint(SOURCE) is None

    def test_is_the_one_that_was_seen_last_whatever_comes_in_later(self, ledger: Ledger) -> None:
        ledger.put_blueprint(SOURCE, blueprint(instances=2), seen_at=NOW)
        ledger.put_blueprint(SOURCE, blueprint(instances=3), seen_at=NOW + timedelta(days=1))
        ledger.put_blueprint(SOURCE, blueprint(instances=2), seen_at=NOW)
        assert ledger.blueprint(SOURCE) == blueprint(instances=3)
        assert ledger.blueprint("coder-dev-aurora") is None

    def test_is_entered_again_by_a_retry(self, ledger: Ledger) -> None:
        for _ in range(2):
            ledger.put_blueprint(SOURCE, blueprint(instances=2), seen_at=NOW)
        assert ledger.blueprint(SOURCE) == blueprint(instances=2)


class TestWhatDynamoDBRefuses:
    @pytest.mark.parametrize(
        ("code", "status", "expected"),
        [
            ("ThrottlingException", 400, ServiceBusy),
            ("ProvisionedThroughputExceededException", 400, ServiceBusy),
            ("InternalServerError", 500, ServiceBusy),
            ("AccessDeniedException", 400, AccessRefused),
            ("ResourceNotFoundException", 400, RequestRefused),
        ],
    )
    def test_arrives_as_a_named_error(self, code: str, status: int, expected: type[Day2Error]) -> None:
        client = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        with Stubber(client) as refusing:
            refusing.add_client_error("get_item", code, "no", status)
            with pytest.raises(expected) as caught:
                Ledger("ledger", client).baseline(SOURCE)
        assert caught.value.resource
