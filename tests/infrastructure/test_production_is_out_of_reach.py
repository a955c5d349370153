"""Safety rules 1, 2 and 7, as far as IAM proves them: decided over the statements of the synthesized roles.

What is said of every role is said of all but a platform restore's and a retirement's, of which
`test_restore_is_walled_in` and `test_what_serves_is_never_retired` speak.
"""

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.iam import Role, request
from infrastructure.templates import Assembly
from lambdas import settings as runtime_settings
from lambdas.recovery.names import is_restorable

RDS = "arn:aws:rds:eu-central-1:111122223333"
SOURCE = f"{RDS}:cluster:coder-prod-aurora"
COPY = f"{RDS}:cluster:coder-dr-test-20261123-0a1b2c3d"
WRITER = f"{RDS}:db:coder-dr-test-20261123-0a1b2c3d-writer"
BACKUP = f"{RDS}:cluster-auto-backup:ab-0a1b2c3d"
SNAPSHOT = f"{RDS}:cluster-snapshot:rds:coder-prod-aurora-2026-11-23-02-00"
PLACES = (
    f"{RDS}:subgrp:coder-prod-db-subnet-group",
    f"{RDS}:cluster-pg:coder-prod-aurora-pg",
    f"{RDS}:og:default:aurora-postgresql-17",
)
INSTANCE_PLACES = (
    f"{RDS}:subgrp:coder-prod-db-subnet-group",
    f"{RDS}:pg:default.aurora-postgresql17",
    f"{RDS}:og:default:aurora-postgresql-17",
)
TAGS = {"coder-day2:environment": "prod", "coder-day2:drill": "20261123-0a1b2c3d", "coder-day2:execution": "arn:x"}
ANYTHING = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)

# Everything that RDS can be asked for, but to describe; and to restore, which has tests of its own.
CHANGES = sorted(
    name
    for name in botocore.session.get_session().get_service_model("rds").operation_names
    if not name.startswith(("Describe", "List", "Restore"))
)
CHANGING_STEPS = ("RestoreCluster", "AddInstance", "ResetCredentials", "DeleteDatabase")

identifiers = st.from_regex(r"[a-z](-?[a-z0-9]){0,40}", fullmatch=True)
outside = st.one_of(
    st.sampled_from(["coder-prod-aurora", "coder-prod-aurora-1", "coder-dr-test", "coder-dr-tester", "coder-dr"]),
    identifiers.filter(lambda name: not name.startswith("coder-dr-test-")),
)


@pytest.fixture
def roles(prod: Assembly) -> dict[str, Role]:
    return dict(prod.roles)


@given(
    name=outside,
    kind=st.sampled_from(["cluster", "db", "cluster-snapshot"]),
    action=st.sampled_from(CHANGES),
    tags=st.sampled_from([{}, TAGS]),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_role_of_a_drill_changes_anything_outside_the_prefix_whatever_tags_it_bears(
    prod: Assembly, name: str, kind: str, action: str, tags: dict[str, str]
) -> None:
    asked = request(f"rds:{action}", f"{RDS}:{kind}:{name}", bearing=tags, tagging=TAGS)
    assert not [role.name for role in prod.drill_roles.values() if role.may(asked)]


@given(name=outside, kind=st.sampled_from(["cluster", "db", "cluster-snapshot"]), action=st.sampled_from(CHANGES))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_step_that_changes_databases_stays_walled_in_even_with_full_access_attached(
    prod: Assembly, name: str, kind: str, action: str
) -> None:
    asked = request(f"rds:{action}", f"{RDS}:{kind}:{name}", bearing=TAGS, tagging=TAGS)
    assert not [step for step in CHANGING_STEPS if prod.roles[step].may(asked, also=ANYTHING)]


@pytest.mark.parametrize(
    "kind", ["cluster", "db", "snapshot", "global-cluster", "cluster-endpoint", "es", "ri", "proxy"]
)
def test_nothing_that_rds_can_be_asked_to_do_gets_past_the_wall(prod: Assembly, kind: str) -> None:
    """Every operation of botocore's model, each tried: a verb that is new there fails here until the wall has it."""
    asked = [request(f"rds:{action}", f"{RDS}:{kind}:of-production", bearing=TAGS, tagging=TAGS) for action in CHANGES]
    assert not [
        (step, each.action) for step in CHANGING_STEPS for each in asked if prod.roles[step].may(each, also=ANYTHING)
    ]


def test_the_drill_itself_gets_through(roles: dict[str, Role]) -> None:
    """The counter-check: the walls do not stand because nothing is allowed."""
    snapshot = request("rds:RestoreDBClusterFromSnapshot", COPY, SNAPSHOT, *PLACES, tagging=TAGS)
    moment = request("rds:RestoreDBClusterToPointInTime", COPY, SOURCE, *PLACES, tagging=TAGS)
    writer = request(
        "rds:CreateDBInstance", WRITER, COPY, *INSTANCE_PLACES, tagging=TAGS, rds__PubliclyAccessible="false"
    )
    assert roles["RestoreCluster"].may(snapshot)
    assert roles["RestoreCluster"].may(moment)
    assert roles["RestoreCluster"].may(request("rds:AddTagsToResource", COPY, tagging=TAGS))
    assert roles["AddInstance"].may(writer)
    assert roles["AddInstance"].may(request("rds:AddTagsToResource", WRITER, tagging=TAGS))
    assert roles["ResetCredentials"].may(
        request("rds:ModifyDBCluster", COPY, bearing=TAGS, rds__ManageMasterUserPassword="true")
    )
    assert roles["DeleteDatabase"].may(request("rds:DeleteDBInstance", WRITER, bearing=TAGS))
    assert roles["DeleteDatabase"].may(request("rds:DeleteDBCluster", COPY, bearing=TAGS))


KEY = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
VIA_RDS = {"kms__ViaService": "rds.eu-central-1.amazonaws.com"}


@pytest.mark.parametrize("step", ["RestoreCluster", "AddInstance"])
def test_what_makes_an_encrypted_copy_may_hand_the_backups_key_to_rds_and_to_nobody_else(
    roles: dict[str, Role], step: str
) -> None:
    for action in ("DescribeKey", "Decrypt"):
        assert roles[step].may(request(f"kms:{action}", KEY, **VIA_RDS))
        assert not roles[step].may(request(f"kms:{action}", KEY))
    assert roles[step].may(request("kms:CreateGrant", KEY, kms__GrantIsForAWSResource="true", **VIA_RDS))
    assert not roles[step].may(request("kms:CreateGrant", KEY, kms__GrantIsForAWSResource="false", **VIA_RDS))


def test_rds_may_look_at_the_key_of_the_secret_that_it_makes(roles: dict[str, Role]) -> None:
    aws_managed = "arn:aws:kms:eu-central-1:111122223333:key/11112222-3333-4444-5555-666677778888"
    assert roles["ResetCredentials"].may(request("kms:DescribeKey", aws_managed, **VIA_RDS))
    assert not roles["ResetCredentials"].may(request("kms:DescribeKey", aws_managed))
    assert not roles["ResetCredentials"].may(request("kms:Decrypt", aws_managed, **VIA_RDS))


@given(name=outside, also=st.sampled_from([(), ANYTHING]))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_snapshot_is_restored_under_a_name_outside_the_prefix(
    prod: Assembly, name: str, also: tuple[dict[str, str], ...]
) -> None:
    """Not even as the source, which a restore from a snapshot could only replace."""
    restore = request("rds:RestoreDBClusterFromSnapshot", f"{RDS}:cluster:{name}", SNAPSHOT, *PLACES, tagging=TAGS)
    assert not [role.name for role in prod.roles.values() if role.may(restore)]
    assert not prod.roles["RestoreCluster"].may(restore, also=also)


@pytest.mark.parametrize(
    "snapshot", ["other-cluster-2026-11-23", "rds:other-2026-11-23-02-00", "rds:coder-prodigy-2026-11-23"]
)
def test_a_snapshot_of_another_name_is_not_restored(roles: dict[str, Role], snapshot: str) -> None:
    restore = request(
        "rds:RestoreDBClusterFromSnapshot", COPY, f"{RDS}:cluster-snapshot:{snapshot}", *PLACES, tagging=TAGS
    )
    assert not roles["RestoreCluster"].may(restore, also=ANYTHING)


@given(
    prefix=st.sampled_from(["", "rds:", "awsbackup:", "awsbackup:job-", "rds:coder-prod-aurora-", "coder-prod-"]),
    name=st.one_of(st.sampled_from(["coder-prod-aurora-1", "coder-prod", "coder-prod-"]), identifiers),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_iam_lets_be_restored_is_what_the_functions_choose_from(prod: Assembly, prefix: str, name: str) -> None:
    function = next(prod.of_type("AWS::Lambda::Function"))
    told = runtime_settings.parse(function["Environment"]["Variables"]["DAY2_SETTINGS"])
    snapshot = f"{prefix}{name}"
    restore = request(
        "rds:RestoreDBClusterFromSnapshot", COPY, f"{RDS}:cluster-snapshot:{snapshot}", *PLACES, tagging=TAGS
    )
    assert prod.roles["RestoreCluster"].may(restore) == is_restorable(snapshot, told)


def test_another_cluster_is_not_restored_to_a_point_in_time(roles: dict[str, Role]) -> None:
    restore = request("rds:RestoreDBClusterToPointInTime", COPY, f"{RDS}:cluster:another", *PLACES, tagging=TAGS)
    assert not roles["RestoreCluster"].may(restore, also=ANYTHING)


@pytest.mark.parametrize("tags", [{}, {"coder-day2:environment": "prod"}, {**TAGS, "coder-day2:environment": "stage"}])
def test_nothing_is_created_without_the_drills_tags(roles: dict[str, Role], tags: dict[str, str]) -> None:
    assert not roles["RestoreCluster"].may(
        request("rds:RestoreDBClusterFromSnapshot", COPY, SNAPSHOT, *PLACES, tagging=tags)
    )
    assert not roles["AddInstance"].may(request("rds:CreateDBInstance", WRITER, COPY, *INSTANCE_PLACES, tagging=tags))


@pytest.mark.parametrize("tags", [{}, {"coder-day2:environment": "prod"}, {**TAGS, "coder-day2:environment": "stage"}])
@pytest.mark.parametrize(
    ("step", "action", "resource"),
    [
        ("DeleteDatabase", "rds:DeleteDBCluster", COPY),
        ("DeleteDatabase", "rds:DeleteDBInstance", WRITER),
        ("DeleteDatabase", "rds:DeleteDBClusterSnapshot", f"{RDS}:cluster-snapshot:coder-dr-test-by-hand"),
        ("DeleteDatabase", "rds:DeleteDBClusterAutomatedBackup", BACKUP),
        ("ResetCredentials", "rds:ModifyDBCluster", COPY),
    ],
)
def test_the_prefix_alone_is_not_enough_to_delete_or_change(
    roles: dict[str, Role], step: str, action: str, resource: str, tags: dict[str, str]
) -> None:
    assert not roles[step].may(request(action, resource, bearing=tags))
    assert roles[step].may(request(action, resource, bearing=TAGS))


def test_no_automated_backup_without_a_drills_tag_is_deleted_even_with_full_access_attached(
    roles: dict[str, Role],
) -> None:
    production = request("rds:DeleteDBClusterAutomatedBackup", BACKUP, bearing={"team": "platform"})
    assert not [step for step in CHANGING_STEPS if roles[step].may(production, also=ANYTHING)]


def test_no_role_tags_an_automated_backup_which_could_be_productions(roles: dict[str, Role]) -> None:
    tag = request("rds:AddTagsToResource", BACKUP, tagging=TAGS)
    assert not [role.name for role in roles.values() if role.may(tag)]


def test_no_instance_becomes_public_even_with_full_access_attached(roles: dict[str, Role]) -> None:
    public = request(
        "rds:CreateDBInstance", WRITER, COPY, *INSTANCE_PLACES, tagging=TAGS, rds__PubliclyAccessible="true"
    )
    assert not roles["AddInstance"].may(public, also=ANYTHING)


def test_the_platforms_groups_are_used_and_never_changed(roles: dict[str, Role]) -> None:
    for group, action in (
        ("cluster-pg:coder-prod-aurora-pg", "ModifyDBClusterParameterGroup"),
        ("subgrp:coder-prod-db-subnet-group", "DeleteDBSubnetGroup"),
        ("subgrp:coder-prod-db-subnet-group", "AddTagsToResource"),
    ):
        asked = request(f"rds:{action}", f"{RDS}:{group}", tagging=TAGS)
        assert not [step for step in CHANGING_STEPS if roles[step].may(asked, also=ANYTHING)]


def test_the_managed_password_cannot_be_given_up(roles: dict[str, Role]) -> None:
    asked = request("rds:ModifyDBCluster", COPY, bearing=TAGS, rds__ManageMasterUserPassword="false")
    assert not roles["ResetCredentials"].may(asked)


SECRETS = "arn:aws:secretsmanager:eu-central-1:111122223333:secret"
OWNER = "aws:rds:primaryDBClusterArn"


def test_only_the_verifier_reads_the_copys_secret(roles: dict[str, Role]) -> None:
    own = request("secretsmanager:GetSecretValue", f"{SECRETS}:rds!cluster-0a1b-x", bearing={OWNER: COPY})
    assert {name for name, role in roles.items() if role.may(own)} == {"PlanVerification", "RunChecks"}


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("coder/prod/aurora-master-AbCdEf", {}),
        ("coder/prod/aurora-master-AbCdEf", {OWNER: COPY}),
        ("rds!cluster-0a1b-x", {OWNER: SOURCE}),
        ("rds!cluster-0a1b-x", {OWNER: f"{RDS}:cluster:coder-dr-test"}),
        ("rds!cluster-0a1b-x", {}),
    ],
    ids=[
        "connection",
        "connection in disguise",
        "managed of production",
        "managed of a look-alike",
        "managed of nobody",
    ],
)
def test_nobody_of_a_drill_reads_another_secret(prod: Assembly, name: str, tags: dict[str, str]) -> None:
    asked = request("secretsmanager:GetSecretValue", f"{SECRETS}:{name}", bearing=tags)
    assert not [role.name for role in prod.drill_roles.values() if role.may(asked)]


def test_the_function_itself_cannot_use_lambdas_way_into_the_vpc(roles: dict[str, Role]) -> None:
    interface = "arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-1"
    by_lambda = request("ec2:CreateNetworkInterface", interface)
    by_code = request(
        "ec2:CreateNetworkInterface",
        interface,
        lambda__SourceFunctionArn="arn:aws:lambda:eu-central-1:111122223333:function:coder-day2-prod-run-checks",
    )
    assert roles["RunChecks"].may(by_lambda)
    assert not roles["RunChecks"].may(by_code)
