"""A drill of an instant between two writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from stage import NOTHING, Drilled, Stage, eventually

from day2.engine.seed import LiveFacts, live_on
from lambdas import payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewound:
    """Production went on before and after `at`; what the copy of that instant held, and its drill.

    `held` tells for each of the two whether its newest row was found in the copy, while the copy was there.
    """

    at: datetime
    before: LiveFacts
    after: LiveFacts
    counts_at: Mapping[str, int]
    held: tuple[bool, bool]
    drilled: Drilled


@pytest.fixture(scope="module")
def rewound(stage: Stage, scheduled: Drilled) -> Rewound:
    before = _go_on(stage)
    counts = stage.production().counts
    after = _go_on(stage)
    at = after.began_at.replace(microsecond=after.began_at.microsecond // 1000 * 1000)
    assert before.ended_at <= at, "the two writes lie too close together"
    untouched = stage.production()
    eventually(lambda: True if _restorable_until(stage) >= at else None)
    with stage.held_before_verification():
        execution = stage.start(recovery_point=f"time:{payload.instant(at)}")
        stage.reach(execution, "AwaitCredentials")
        (copy,) = stage.left()["clusters"]
        dsn = stage.dsn_of(copy)
        held = stage.holds(before.after, dsn=dsn), stage.holds(after.after, dsn=dsn)
    drilled = stage.drilled(stage.follow(execution), before=untouched)
    return Rewound(at=at, before=before, after=after, counts_at=counts, held=held, drilled=drilled)


def _go_on(stage: Stage) -> LiveFacts:
    return live_on(stage.furnished.platform.dsn, psql=stage.psql, as_of=datetime.now(UTC))


def _restorable_until(stage: Stage) -> datetime:
    (cluster,) = stage.client("rds").describe_db_clusters(DBClusterIdentifier=stage.source)["DBClusters"]
    until: datetime = cluster["LatestRestorableTime"]
    return until


def test_it_passes(rewound: Rewound) -> None:
    assert (rewound.drilled.seen.status, rewound.drilled.record["outcome"]["result"]) == ("SUCCEEDED", "passed")


def test_the_copy_holds_what_was_written_before_the_instant_and_not_what_came_after(rewound: Rewound) -> None:
    assert rewound.held == (True, False)


def test_its_counts_are_those_of_the_instant(rewound: Rewound) -> None:
    assert rewound.drilled.record["counts"] == rewound.counts_at
    now = rewound.drilled.before.counts
    assert {table: now[table] - rows for table, rows in rewound.counts_at.items() if now[table] != rows} == (
        rewound.after.added
    )


def test_the_record_names_the_instant_and_how_far_the_data_reach(rewound: Rewound) -> None:
    point = rewound.drilled.record["recovery_point"]
    assert (point["kind"], payload.parse_instant(point["time"])) == ("point-in-time", rewound.at)
    reach = payload.parse_instant(rewound.drilled.record["data_as_of"])
    # Coder's replicas wrote their heartbeat 2 s before production paused; ages are told in whole seconds.
    assert rewound.before.as_of - timedelta(seconds=4) < reach <= rewound.at


def test_production_keeps_what_was_written_after_the_instant(stage: Stage, rewound: Rewound) -> None:
    assert stage.production() == rewound.drilled.before
    assert stage.holds(rewound.after.after)


def test_nothing_is_left_of_it(stage: Stage, rewound: Rewound) -> None:
    assert rewound.drilled.record["cleanup"]["proven"] is True
    assert stage.left() == NOTHING
