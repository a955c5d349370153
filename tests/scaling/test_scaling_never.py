"""What no plan ever does, whatever the facts, the request and the policy."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from scaling_samples import NOW, PROVISIONER, WORKSPACE, facts, node

from lambdas.scaling import guard
from lambdas.scaling.contracts import Change, Demand, Facts, Queue, Standing, Wanted, Workspaces
from lambdas.scaling.planning import plan_scaling
from lambdas.settings import ScaledGroup

COUNTS = st.integers(0, 40)
MOMENTS = st.none() | st.integers(0, 90).map(lambda ago: NOW - timedelta(minutes=ago))
CHANGES = st.one_of(
    st.builds(Change, desired=st.integers(0, 60)),
    st.builds(Change, smallest=COUNTS, desired=COUNTS, largest=COUNTS),
    st.builds(Change, by_nodes=st.integers(-60, 60)),
    st.builds(Change, by_percent=st.integers(-100, 200).map(float)),
    st.builds(Change, profile=st.sampled_from(["peak", "off-peak", "night"])),
)


@st.composite
def policies(draw: st.DrawFn, like: ScaledGroup) -> ScaledGroup:
    floor = draw(st.integers(0, 20))
    return replace(
        like,
        floor=floor,
        ceiling=floor + draw(COUNTS),
        largest_step=draw(st.integers(1, 20)),
        profiles={"peak": draw(COUNTS), "off-peak": draw(COUNTS)},
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Facts, Demand, ScaledGroup]:
    """Any group, of which nothing is known to agree."""
    role = draw(st.sampled_from(["workspace", "provisioner"]))
    held = draw(st.lists(st.sampled_from([(), ("ws",)]), max_size=30))
    nodes = tuple(node(each, *holds, cordoned=draw(st.booleans())) for each, holds in enumerate(held))
    found = facts(nodes, role=role, largest=len(nodes) + draw(COUNTS))
    counts = st.none() | st.builds(Workspaces, running=COUNTS, moving=st.integers(0, 3), total=COUNTS, pods=COUNTS)
    agreed = found.workspaces
    found = replace(
        found,
        workspaces=draw(counts | st.just(agreed)),
        queue=draw(st.none() | st.builds(Queue, pending=st.integers(0, 3), running=st.integers(0, 3))),
        unknown=draw(st.just(()) | st.just(("Kubernetes did not answer",))),
        standing=Standing(
            grown_at=draw(MOMENTS),
            shrunk_at=draw(MOMENTS),
            wanted=draw(st.none() | st.builds(Wanted, desired=COUNTS, asked_at=st.just(NOW) | MOMENTS.filter(bool))),
        ),
        holiday=draw(st.booleans()),
    )
    asked = Demand(
        role=role,
        change=draw(CHANGES),
        origin=draw(st.sampled_from(["operator", "schedule", "alarm"])),
        when_blocked=draw(st.sampled_from(["refuse", "clamp", "defer"])),
        asked_at=NOW,
        give_up=NOW + timedelta(minutes=draw(st.integers(-60, 60))),
    )
    return found, asked, draw(policies(PROVISIONER if role == "provisioner" else WORKSPACE))


@given(questions())
def test_it_orders_sizes_that_eks_takes(question: tuple[Facts, Demand, ScaledGroup]) -> None:
    decision = plan_scaling(*question, NOW)
    assert 0 <= decision.after.smallest <= decision.after.desired <= decision.after.largest


@given(questions())
def test_it_takes_away_no_node_that_holds_something_and_none_twice(
    question: tuple[Facts, Demand, ScaledGroup],
) -> None:
    found, _, _ = question
    decision = plan_scaling(*question, NOW)
    gone = [each.name for each in decision.remove]
    assert len(gone) == len(set(gone)) == decision.before.desired - decision.after.desired or not gone
    assert not {each.name for each in found.nodes if each.holds} & set(gone)
    if decision.after.desired < decision.before.desired:
        assert decision.action == "shrink"
        assert gone


@given(questions())
def test_it_takes_nothing_away_on_facts_that_are_missing_or_disagree(
    question: tuple[Facts, Demand, ScaledGroup],
) -> None:
    found, _, policy = question
    decision = plan_scaling(*question, NOW)
    if guard.doubts(found, policy):
        assert not decision.remove
        assert decision.after.desired >= decision.before.desired


@given(questions())
def test_what_is_automatic_never_leaves_the_floor_the_ceiling_and_the_groups_limits(
    question: tuple[Facts, Demand, ScaledGroup],
) -> None:
    found, asked, policy = question
    before, decision = found.group.sizes, plan_scaling(*question, NOW)
    if asked.origin == "operator" or decision.action not in ("grow", "shrink"):
        return
    # Outside already, for another's reason: not pulled in, and not moved further out.
    assert min(policy.floor, before.desired) <= decision.after.desired <= max(policy.ceiling, before.desired)
    assert decision.after.smallest <= decision.after.desired <= decision.after.largest


@given(questions())
def test_the_same_question_gets_the_same_answer(question: tuple[Facts, Demand, ScaledGroup]) -> None:
    assert plan_scaling(*question, NOW) == plan_scaling(*question, NOW)


@given(questions())
def test_every_answer_has_a_reason_and_a_rule(question: tuple[Facts, Demand, ScaledGroup]) -> None:
    decision = plan_scaling(*question, NOW)
    assert decision.reason
    assert decision.rule
    assert decision.alert == (decision.rule in ("doubt", "state"))


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_flapping_alarm_changes_the_group_once_a_cooldown(flaps: list[bool]) -> None:
    """One message a minute, of either alarm, for an hour: an addition every 5 minutes at most, no sawing."""
    found, changes = facts(tuple(node(each) for each in range(40))), []
    for minute, up in enumerate(flaps):
        now = NOW + timedelta(minutes=minute)
        asked = Demand(
            role="workspace",
            change=Change(by_nodes=5 if up else -2),
            origin="alarm",
            when_blocked="clamp",
            asked_at=now,
            give_up=now,
        )
        decision = plan_scaling(found, asked, WORKSPACE, now)
        if decision.action in ("grow", "shrink"):
            changes.append((minute, decision.action))
            standing = replace(found.standing, **{"grown_at" if up else "shrunk_at": now})
            group = replace(found.group, sizes=decision.after)
            nodes = tuple(node(each) for each in range(decision.after.desired))
            found = replace(found, group=group, nodes=nodes, standing=standing)
    grown = [minute for minute, action in changes if action == "grow"]
    shrunk = [minute for minute, action in changes if action == "shrink"]
    assert all(later - earlier >= 5 for earlier, later in pairwise(grown))
    assert all(minute - earlier >= 30 for minute in shrunk for earlier in grown if earlier < minute)
    assert all(later - earlier >= 30 for earlier, later in pairwise(shrunk))
