"""A retirement deletes databases that were production's: what IAM lets it delete, and what nothing lets it."""

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk.permissions import restore, retire
from infrastructure.iam import Role, request
from infrastructure.templates import Assembly
from lambdas.restoration import names as restoration
from lambdas.retirement import names as retirement
from lambdas.steps import RETIRE_STEPS, STEPS

RDS = "arn:aws:rds:eu-central-1:111122223333"
SOURCE = "coder-prod-aurora"
ID = "20261123-0a1b2c3d"
ANYTHING = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)
ENVIRONMENT = {"coder-day2:environment": "prod"}
RESTING = {**ENVIRONMENT, "coder-day2:serving": "no"}
SERVING = {**ENVIRONMENT, "coder-day2:serving": "yes", "coder-day2:restore": ID}
FINAL = {**ENVIRONMENT, "coder-day2:retirement": ID}
DELETIONS = ("DeleteDBCluster", "DeleteDBInstance", "ModifyDBCluster")
CHANGES = sorted(
    name
    for name in botocore.session.get_session().get_service_model("rds").operation_names
    if not name.startswith(("Describe", "List", "Download"))
)
CHANGING_STEPS = ("TakeFinalSnapshot", "DeleteRetired")
OTHERS = [step.name for step in STEPS if step not in RETIRE_STEPS]

identifiers = st.from_regex(r"[a-z](-?[a-z0-9]){0,40}", fullmatch=True)
strangers = st.one_of(
    st.sampled_from(["coder-prod-auror", "coder-prod", "payroll-aurora"]),
    identifiers.filter(lambda name: not name.startswith((SOURCE, "coder-dr-test-"))),
)
unmarked = st.sampled_from([{}, ENVIRONMENT, SERVING, {**ENVIRONMENT, "coder-day2:restore": ID}])


@pytest.fixture
def roles(prod: Assembly) -> dict[str, Role]:
    return dict(prod.roles)


@pytest.mark.parametrize("name", [f"{SOURCE}-old-{ID}", f"{SOURCE}-restored-{ID}"])
def test_what_rests_may_go(roles: dict[str, Role], name: str) -> None:
    """The counter-check: the walls do not stand because nothing is allowed."""
    cluster, instance = f"{RDS}:cluster:{name}", f"{RDS}:db:{name}-1"
    delete = roles["DeleteRetired"]
    assert delete.may(request("rds:ModifyDBCluster", cluster, bearing=RESTING))
    assert delete.may(request("rds:DeleteDBInstance", instance, bearing=RESTING))
    assert delete.may(request("rds:DeleteDBCluster", cluster, bearing=RESTING))
    snapshot = f"{RDS}:cluster-snapshot:{retirement.snapshot_of(name, ID)}"
    taking = request("rds:CreateDBClusterSnapshot", snapshot, cluster, bearing=RESTING, tagging=FINAL)
    assert roles["TakeFinalSnapshot"].may(taking)
    assert roles["TakeFinalSnapshot"].may(request("rds:AddTagsToResource", snapshot, tagging=FINAL))


@pytest.mark.parametrize("action", DELETIONS)
def test_the_source_stays_whatever_it_is_tagged_with(roles: dict[str, Role], action: str) -> None:
    asked = request(f"rds:{action}", f"{RDS}:cluster:{SOURCE}", bearing=RESTING, tagging=FINAL)
    assert not [step for step in CHANGING_STEPS if roles[step].may(asked, also=ANYTHING)]
    assert not [role.name for role in roles.values() if action.startswith("Delete") and role.may(asked)]


@given(
    name=st.sampled_from(
        [SOURCE, f"{SOURCE}-1", f"{SOURCE}-restored-{ID}", f"{SOURCE}-old-{ID}", f"{SOURCE}-old-{ID}-1"]
    ),
    kind=st.sampled_from(["cluster", "db"]),
    action=st.sampled_from(CHANGES),
    tags=unmarked,
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_serves_or_was_never_marked_stays_even_with_full_access_attached(
    prod: Assembly, name: str, kind: str, action: str, tags: dict[str, str]
) -> None:
    asked = request(f"rds:{action}", f"{RDS}:{kind}:{name}", bearing=tags, tagging=FINAL)
    assert not [step for step in CHANGING_STEPS if prod.roles[step].may(asked, also=ANYTHING)]


@given(name=strangers, kind=st.sampled_from(["cluster", "db", "cluster-snapshot"]), action=st.sampled_from(CHANGES))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_another_database_stays_whatever_it_is_tagged_with(prod: Assembly, name: str, kind: str, action: str) -> None:
    asked = request(f"rds:{action}", f"{RDS}:{kind}:{name}", bearing=RESTING, tagging=FINAL)
    assert not [step for step in CHANGING_STEPS if prod.roles[step].may(asked, also=ANYTHING)]


@pytest.mark.parametrize("tags", [{"coder-day2:serving": "no"}, {**RESTING, "coder-day2:environment": "stage"}])
def test_another_environments_cluster_stays(roles: dict[str, Role], tags: dict[str, str]) -> None:
    assert not roles["DeleteRetired"].may(
        request("rds:DeleteDBCluster", f"{RDS}:cluster:{SOURCE}-old-{ID}", bearing=tags)
    )


@pytest.mark.parametrize(
    "resource",
    [
        f"cluster-snapshot:{SOURCE}-old-{ID}-final-0a1b2c3d",
        f"cluster-snapshot:rds:{SOURCE}-2026-11-23-02-00",
        "cluster-auto-backup:ab-0a1b2c3d",
    ],
)
def test_backups_outlive_the_cluster_even_with_full_access_attached(roles: dict[str, Role], resource: str) -> None:
    kind = "Snapshot" if resource.startswith("cluster-snapshot") else "AutomatedBackup"
    asked = request(f"rds:DeleteDBCluster{kind}", f"{RDS}:{resource}", bearing={**RESTING, **FINAL})
    assert not [step for step in CHANGING_STEPS if roles[step].may(asked, also=ANYTHING)]


def test_only_a_retirement_deletes_what_is_not_a_drills(roles: dict[str, Role]) -> None:
    for name in (f"{SOURCE}-old-{ID}", f"{SOURCE}-restored-{ID}"):
        asked = request("rds:DeleteDBCluster", f"{RDS}:cluster:{name}", bearing=RESTING)
        assert [step.name for step in STEPS if roles[step.name].may(asked)] == ["DeleteRetired"]


@pytest.mark.parametrize("name", [SOURCE, f"{SOURCE}-restored-{ID}", f"{SOURCE}-old-{ID}"])
@pytest.mark.parametrize("value", ["yes", "no"])
def test_two_steps_of_a_restore_say_which_cluster_serves_and_nobody_else(
    roles: dict[str, Role], name: str, value: str
) -> None:
    """Who may mark may decide what IAM lets go: nothing of a retirement may, and no drill."""
    tags = {**ENVIRONMENT, "coder-day2:serving": value}
    for resource in (f"{RDS}:cluster:{name}", f"{RDS}:db:{name}-1"):
        asked = request("rds:AddTagsToResource", resource, bearing=SERVING, tagging=tags)
        assert {each for each, role in roles.items() if role.may(asked)} == {"FenceDatabase", "SettleGroups"}
        assert not [step for step in CHANGING_STEPS if roles[step].may(asked, also=ANYTHING)]


def test_code_and_permissions_mean_the_same_tags() -> None:
    assert (restore.SERVING_TAG, retire.SERVES, retire.RESTING) == (
        restoration.SERVING_TAG,
        restoration.SERVES,
        restoration.RESTING,
    )
    assert retire.RETIREMENT_TAG == retirement.RETIREMENT_TAG


def test_the_records_are_written_below_a_folder_of_their_own(roles: dict[str, Role]) -> None:
    bucket = "arn:aws:s3:::coder-day2-prod-evidence-111122223333-eu-central-1"
    key = f"{bucket}/retirements/{SOURCE}-old-{ID}/{ID}/record.json"
    assert [name for name, role in roles.items() if role.may(request("s3:PutObject", key))] == ["RecordRetirement"]
