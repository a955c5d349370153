from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.contracts import Baseline
from lambdas.verification import baseline, volatile
from lambdas.verification.baseline import Comparison, Rules

from .samples import TAKEN

RULES = Rules(shrink_percent=5.0)
counts_of = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10_000), max_size=6)


def before(counts: dict[str, int], *, warned: tuple[str, ...] = ()) -> Baseline:
    return Baseline(drill="20261023-0a1b2c3d", taken_at=TAKEN - timedelta(days=30), counts=counts, warned=warned)


def compare(counts: dict[str, int], was: Baseline | None, rules: Rules = RULES) -> Comparison:
    return baseline.compare(counts, before=was, rules=rules, drill="20261123-0a1b2c3d", as_of=TAKEN)


def test_the_first_drill_only_reports_and_lays_the_baseline() -> None:
    compared = compare({"users": 10}, None)

    assert compared.result.verdict == "report"
    assert compared.result.detail == "10 rows in 1 tables; no passed drill's counts to compare with yet"
    assert compared.next == Baseline(drill="20261123-0a1b2c3d", taken_at=TAKEN, counts={"users": 10})


def test_a_missing_table_fails_at_once() -> None:
    compared = compare({}, before({"users": 10}))

    assert compared.result.verdict == "fail"
    assert "users is missing, had 10 rows" in compared.result.detail


def test_an_emptied_table_fails_at_once() -> None:
    compared = compare({"users": 0}, before({"users": 1}))

    assert compared.result.verdict == "fail"
    assert "users is empty, had 1 rows" in compared.result.detail


def test_a_shrunk_table_warns_first_and_keeps_its_old_count() -> None:
    compared = compare({"users": 90, "files": 3}, before({"users": 100, "files": 2}))

    assert compared.result.verdict == "warn"
    assert compared.next is not None
    assert compared.next.counts == {"users": 100, "files": 3}
    assert compared.next.warned == ("users",)


def test_a_table_that_is_still_shrunk_in_the_next_drill_fails() -> None:
    first = compare({"users": 90}, before({"users": 100}))

    second = compare({"users": 90}, first.next)

    assert second.result.verdict == "fail"
    assert "users shrank from 100 to 90 rows, again" in second.result.detail


def test_a_table_without_a_count_is_not_remembered_as_shrunk() -> None:
    """Its statement may have been refused: the first real sighting of a loss is still the first."""
    uncounted = compare({}, before({"users": 100}))
    assert uncounted.next is not None
    assert uncounted.next.warned == ()
    assert compare({"users": 90}, uncounted.next).result.verdict == "warn"

    shrunk_before = compare({}, before({"users": 100}, warned=("users",)))
    assert shrunk_before.next is not None
    assert shrunk_before.next.warned == ("users",)


def test_a_table_that_recovered_is_forgiven() -> None:
    compared = compare({"users": 99}, before({"users": 100}, warned=("users",)))

    assert compared.result.verdict == "pass"
    assert compared.next is not None
    assert compared.next.counts == {"users": 99}
    assert compared.next.warned == ()


def test_a_table_that_may_shrink_gives_its_new_count_to_the_baseline_and_is_named() -> None:
    rules = Rules(shrink_percent=5.0, may_shrink=("audit_logs", "files", "not_here"))

    compared = compare({"audit_logs": 1, "files": 9}, before({"audit_logs": 100, "files": 9}), rules)

    assert compared.result.verdict == "pass"
    assert compared.result.detail.endswith("; may shrink by the settings: audit_logs shrank from 100 to 1 rows, files")
    assert compared.next is not None
    assert compared.next.counts == {"audit_logs": 1, "files": 9}


@pytest.mark.parametrize(("now", "words"), [({"audit_logs": 0}, "is empty"), ({}, "is missing")])
def test_a_table_that_may_shrink_may_be_neither_emptied_nor_missing(now: dict[str, int], words: str) -> None:
    compared = compare(now, before({"audit_logs": 100}), Rules(shrink_percent=5.0, may_shrink=("audit_logs",)))

    assert compared.result.verdict == "fail"
    assert f"audit_logs {words}, had 100 rows" in compared.result.detail


def test_a_loss_that_was_accepted_gives_its_new_count_to_the_baseline_and_is_named() -> None:
    rules = Rules(shrink_percent=5.0, accepted=("audit_logs", "gone", "users"))

    compared = compare({"audit_logs": 0, "users": 7}, before({"audit_logs": 100, "gone": 5, "users": 7}), rules)

    assert compared.result.verdict == "pass"
    assert compared.result.detail.endswith(
        "; accepted by the request: audit_logs is empty, had 100 rows, gone is missing, had 5 rows"
    )
    assert compared.next is not None
    assert compared.next.counts == {"audit_logs": 0, "users": 7}


@pytest.mark.parametrize("left", [2, 0])
@pytest.mark.parametrize("table", volatile.TABLES)
def test_fewer_running_processes_are_no_loss_and_their_tables_are_named(table: str, left: int) -> None:
    compared = compare({table: left}, before({table: 3}, warned=(table,)))

    assert compared.result.verdict == "pass"
    assert f"; mirror running processes: {table} " in compared.result.detail
    assert compared.next is not None
    assert compared.next.counts == {table: left}


def test_a_missing_table_of_running_processes_fails_at_once() -> None:
    compared = compare({}, before({"replicas": 3}))

    assert compared.result.verdict == "fail"
    assert compared.result.detail.endswith("replicas is missing, had 3 rows")


def test_a_table_that_an_upgrade_made_unlogged_is_dropped_and_named() -> None:
    rules = Rules(shrink_percent=5.0, unlogged=("tailnet_coordinators",))

    compared = compare({"users": 10}, before({"users": 10, "tailnet_coordinators": 3}), rules)

    assert compared.result.verdict == "pass"
    assert compared.result.detail.endswith("; unlogged by now and no longer compared: tailnet_coordinators")
    assert compared.next is not None
    assert compared.next.counts == {"users": 10}


def test_an_unlogged_table_lays_no_baseline_also_where_it_was_counted() -> None:
    compared = compare({"users": 10, "fleeting": 3}, None, Rules(shrink_percent=5.0, unlogged=("fleeting",)))

    assert compared.next is not None
    assert compared.next.counts == {"users": 10}


def test_a_loss_of_exactly_the_limit_is_let_pass() -> None:
    assert compare({"users": 95}, before({"users": 100})).result.verdict == "pass"
    assert compare({"users": 94}, before({"users": 100})).result.verdict == "warn"


def test_a_recovery_point_from_before_the_baseline_is_not_compared_and_changes_nothing() -> None:
    later = Baseline(drill="later", taken_at=TAKEN + timedelta(days=1), counts={"users": 100})

    compared = compare({"users": 1}, later)

    assert compared.result.verdict == "report"
    assert "older than the baseline of drill later" in compared.result.detail
    assert compared.next is None


@given(was=counts_of, now=counts_of, warned=st.sets(st.sampled_from("abcdef")))
def test_a_bad_count_never_becomes_the_baseline(was: dict[str, int], now: dict[str, int], warned: set[str]) -> None:
    compared = compare(now, before(was, warned=tuple(warned)))

    assert compared.next is not None
    for table, rows in was.items():
        assert compared.next.counts[table] * 100 >= rows * 95
        assert (rows == 0) or compared.next.counts[table] > 0


@given(counts=counts_of)
def test_the_same_counts_always_pass(counts: dict[str, int]) -> None:
    assert compare(counts, before(counts)).result.verdict == "pass"


@given(was=counts_of, now=counts_of)
def test_a_fault_is_always_named(was: dict[str, int], now: dict[str, int]) -> None:
    result = compare(now, before(was)).result

    for table, rows in was.items():
        lost = table not in now or (rows > 0 and now[table] == 0)
        assert not lost or (result.verdict == "fail" and f"{table} is " in result.detail)


def test_the_control_fails() -> None:
    planted = baseline.control(drill="x", as_of=TAKEN)

    assert planted.verdict == "fail"
    assert planted.control
