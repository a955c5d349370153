"""No input whatever lets a step touch production: the guard is asked with everything one can think of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.errors import ProductionTargetRefused
from lambdas.recovery import names

from .conftest import NOW, SETTINGS, World
from .fakes import execution_arn

NAMEISH = st.text(alphabet="abcdCODER-0123456789", max_size=70)
UNDER_PREFIX = NAMEISH.map(lambda rest: f"coder-dr-test-{rest}")


@given(st.text() | NAMEISH | UNDER_PREFIX)
@example("coder-prod-aurora")
@example("CODER-PROD-AURORA")
@example("coder-dr-test")
@example("coder-dr-test-")
@example("coder-dr-test-x\n")
@example("coder-dr-test-é")
@example("xcoder-dr-test-1")
def test_only_a_valid_name_under_the_prefix_passes(name: str) -> None:
    try:
        passed = names.require_drill_name(name, SETTINGS)
    except ProductionTargetRefused:
        return
    assert passed == name
    assert name.startswith("coder-dr-test-")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in name
    assert not name.endswith("-")
    assert len(names.writer_of(name)) <= 63


@given(source=NAMEISH.filter(bool) | UNDER_PREFIX, prefix=NAMEISH.filter(bool), name=st.text() | NAMEISH)
@example(source="coder-prod-aurora", prefix="coder", name="coder-prod-aurora")
@example(source="coder-prod-aurora", prefix="coder-prod", name="coder-prod-x")
@example(source="a-b", prefix="A", name="a-b")
def test_the_source_never_passes_under_any_settings(source: str, prefix: str, name: str) -> None:
    settings = replace(SETTINGS, source=source, prefix=prefix)
    for asked in {name, source, source.lower(), source.upper(), f"{prefix}-{source}"}:
        try:
            passed = names.require_drill_name(asked, settings)
        except ProductionTargetRefused:
            continue
        assert passed.lower() != source.lower()
        assert not names.is_under_prefix(source, settings)


@given(started=st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC)), execution=st.text())  # noqa: DTZ001  hypothesis wants it naive
def test_every_execution_s_own_name_passes(started: datetime, execution: str) -> None:
    drill = names.drill_id(execution=execution, started_at=started)
    target = names.target_of(drill, SETTINGS)
    assert names.require_drill_name(target, SETTINGS) == target
    assert drill == names.drill_id(execution=execution, started_at=started)


def test_the_date_in_the_name_is_utc() -> None:
    started = datetime(2026, 11, 23, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert names.drill_id(execution="e", started_at=started).startswith("20261122-")


def test_two_executions_of_one_day_have_different_names() -> None:
    ids = {names.drill_id(execution=execution_arn(str(each)), started_at=NOW) for each in range(100)}
    assert len(ids) == 100


@pytest.mark.parametrize("field", ["writer", "namespace", "target"])
def test_a_drill_whose_names_do_not_follow_from_each_other_is_refused(world: World, field: str) -> None:
    drill = replace(world.open(), **{field: "coder-dr-test-another"})
    with pytest.raises(ProductionTargetRefused):
        names.require_drill(drill, SETTINGS)


@given(st.dictionaries(st.sampled_from([names.DRILL_TAG, names.ENVIRONMENT_TAG, "Name"]), NAMEISH))
def test_only_both_tags_together_make_a_resource_ours(found: dict[str, str]) -> None:
    drill = _drill()
    assert not names.bears_tag(found, drill) or found == found | {
        names.DRILL_TAG: drill.id,
        names.ENVIRONMENT_TAG: "prod",
    }
    assert names.bears_tag(found | names.tags(drill), drill)


@given(st.text())
def test_any_environment_s_name_becomes_a_label(text: str) -> None:
    label = names.label_value(text)
    assert len(label) <= 63
    assert not label or (label[0].isalnum() and label[-1].isalnum())
    assert label.isascii()


def _drill() -> names.Drill:
    return names.Drill(
        id="20261123-0000abcd",
        environment="prod",
        source="coder-prod-aurora",
        target="coder-dr-test-20261123-0000abcd",
        writer="coder-dr-test-20261123-0000abcd-writer",
        namespace="coder-dr-test-20261123-0000abcd",
        execution=execution_arn("one"),
        opened_at=NOW,
        give_up_at=NOW,
        recovery_point="latest-snapshot",
        started_by="a test",
    )
