"""The plan tells an operator every call, what is lost, and what to mind."""

from dataclasses import replace

from lambdas.restoration import planning
from lambdas.restore_contracts import Plan
from restoration.samples import NOW, PLATFORM, POINT, RESTORATION, SHAPE, SOURCE

FACTS = planning.Facts(
    restoration=RESTORATION,
    point=POINT,
    shape=SHAPE,
    origin="the source as it is",
    platform=PLATFORM,
    source_exists=True,
)


def plan(**changes: object) -> Plan:
    return planning.make(replace(FACTS, **changes), now=NOW)  # type: ignore[arg-type]


def calls(made: Plan) -> list[str]:
    return [f"{each.call} {each.resource}" for each in made.calls]


def warned(made: Plan) -> str:
    return "\n".join(made.warnings)


def test_it_names_every_call_in_its_order() -> None:
    assert calls(plan()) == [
        f"rds:RestoreDBClusterToPointInTime {RESTORATION.target}",
        f"rds:CreateDBInstance {RESTORATION.target}-1",
        f"rds:CreateDBInstance {RESTORATION.target}-2",
        f"rds:ModifyDBCluster {RESTORATION.target}",
        "sns:Publish the topic",
        "patch Deployment coder/coder",
        "patch Deployment coder-prov/coder-provisioner",
        f"rds:ModifyDBCluster {SOURCE}",
        f"ALTER DATABASE {SOURCE}",
        "secretsmanager:PutSecretValue the connection secret",
        "replace Secret coder/coder-db-url",
        "patch Deployment coder/coder",
        "patch Deployment coder-prov/coder-provisioner",
    ]


def test_what_is_changed_of_the_platform_can_be_taken_back_and_it_says_how() -> None:
    changed = [each for each in plan().calls if each.resource == SOURCE or each.call.startswith("secretsmanager")]
    assert changed
    assert all(each.undo for each in changed)


def test_what_is_lost_is_told_in_time_and_in_rows() -> None:
    made = plan()
    assert (made.lost_seconds, made.lost_audit_rows) == (601, 43)
    assert made.lost == "Everything written in the last 10 min 01 s: 43 rows of the audit log are younger."


def test_rows_that_nobody_could_count_are_not_told_as_none() -> None:
    unasked = replace(PLATFORM, newest_audit_rows=None)
    assert "could not be asked" in plan(platform=unasked).lost
    assert "nobody can count" in plan(platform=unasked, source_exists=False).lost


def test_without_a_cut_over_nothing_of_the_platform_is_in_the_plan() -> None:
    made = plan(restoration=replace(RESTORATION, cut_over="none"))
    assert not [each for each in calls(made) if "Deployment" in each or "ALTER" in each or "Publish" in each]
    assert "leave the platform where it is" in made.summary


def test_nobody_is_asked_before_an_automatic_cut_over_and_the_plan_says_so() -> None:
    made = plan(restoration=replace(RESTORATION, cut_over="automatic"))
    assert "sns:Publish the topic" not in calls(made)
    assert "without asking anyone" in made.summary


def test_swapping_names_leaves_the_secrets_alone() -> None:
    made = plan(restoration=replace(RESTORATION, strategy="swap-identifiers"))
    assert not [each for each in calls(made) if "Secret" in each]
    assert [each.resource for each in made.calls if "ModifyDBInstance" in each.call] == [SOURCE, RESTORATION.target]


def test_a_source_that_is_gone_is_neither_fenced_nor_renamed_and_there_is_no_way_back() -> None:
    made = plan(restoration=replace(RESTORATION, strategy="swap-identifiers"), source_exists=False)
    assert not [each for each in made.calls if each.resource == SOURCE]
    assert "cannot be taken back" in warned(made)


def test_an_approver_is_told_what_is_odd_about_this_platform() -> None:
    odd = replace(
        PLATFORM,
        login="coder_app",
        version=None,
        warnings=("The Secret is kept by Argo CD.",),
        unknown=("coderd did not tell its health.",),
    )
    told = warned(plan(platform=odd))
    for said in ("not the master user", "does not tell its version", "Argo CD", "its health"):
        assert said in told


def test_a_snapshot_is_compared_with_the_moment_that_could_be_reached_instead() -> None:
    snapshot = replace(POINT, kind="snapshot", latest_restorable_at=NOW)
    assert "would lose less" in warned(plan(point=snapshot))


def test_a_plan_that_cannot_be_carried_out_says_why() -> None:
    strange = tuple(replace(each, name=f"writer-{each.name}") for each in SHAPE.members)
    facts = replace(
        FACTS,
        restoration=replace(RESTORATION, strategy="swap-identifiers"),
        shape=replace(SHAPE, members=strange, security_groups=()),
    )
    told = "\n".join(planning.faults(facts))
    assert "use the strategy repoint" in told
    assert "default security group" in told
    assert planning.faults(FACTS) == ()


def test_waiting_is_told_with_its_price() -> None:
    assert planning.cost_of_waiting(plan()) == (
        "The restored cluster costs at least $0.12 an hour for as long as it stays."
    )
    idle = plan(shape=replace(SHAPE, min_acu=0.0))
    assert "its storage, and what capacity it takes" in planning.cost_of_waiting(idle)


def test_the_plan_as_text_numbers_its_calls_and_names_each_way_back() -> None:
    text = planning.as_text(plan())
    assert text.startswith(f"Restore {SOURCE} from 2026-11-23T10:29:59Z")
    assert "  1. rds:RestoreDBClusterToPointInTime" in text
    assert "     A rollback: RESET default_transaction_read_only." in text
