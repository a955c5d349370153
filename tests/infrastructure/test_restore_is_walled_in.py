"""A platform restore changes production, and this much of it: decided over the statements of the synthesized roles.

What it may never do it may not even with full access attached to a role: the Deny statements of `restore.guard` hold.
"""

from typing import Any

import botocore.session
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cdk import permissions
from cdk.environments import check
from cdk.names import Names
from cdk.permissions.statement import Statement
from infrastructure.iam import Role, request
from infrastructure.templates import Assembly
from infrastructure.test_production_is_out_of_reach import ANYTHING, BACKUP, RDS, SNAPSHOT, SOURCE
from infrastructure.test_settings import spoilt
from lambdas.steps import BY_NAME, OPERATIONS, RESTORE_STEPS

ID = "20261123-0a1b2c3d"
RESTORED = f"{RDS}:cluster:coder-prod-aurora-restored-{ID}"
ASIDE = f"{RDS}:cluster:coder-prod-aurora-old-{ID}"
INSTANCE = f"{RDS}:db:coder-prod-aurora-restored-{ID}-1"
SOURCE_INSTANCE = f"{RDS}:db:coder-prod-aurora-1"
ASIDE_INSTANCE = f"{RDS}:db:coder-prod-aurora-old-{ID}-1"
TOUCHED = {"cluster": (SOURCE, RESTORED, ASIDE), "db": (SOURCE_INSTANCE, INSTANCE, ASIDE_INSTANCE)}
GROUPS = (f"{RDS}:cluster-pg:coder-prod-aurora-pg", f"{RDS}:og:default:aurora-postgresql-17", f"{RDS}:pg:coder-prod")
PLACES = (f"{RDS}:subgrp:coder-prod-db-subnet-group", *GROUPS)
TAGS = {"coder-day2:environment": "prod", "coder-day2:restore": ID, "coder-day2:execution": "arn:x"}
DRILLS_TAGS = {"coder-day2:environment": "prod", "coder-day2:drill": ID}

CHANGES = sorted(
    name
    for name in botocore.session.get_session().get_service_model("rds").operation_names
    if not name.startswith(("Describe", "List"))
)
USED = {
    "AddTagsToResource",
    "CreateDBInstance",
    "ModifyDBCluster",
    "ModifyDBInstance",
    "RestoreDBClusterFromSnapshot",
    "RestoreDBClusterToPointInTime",
}
# Service Authorization Reference, "Amazon RDS": those beside the describes that take no resource.
AUTHORISED_ON_NOTHING = ("CancelExportTask", "CreateDBProxy", "ModifyCertificates", "ModifyDBRecommendation")
CHANGING_STEPS = (
    "RestoreBeside",
    "AddInstances",
    "SetMasterPassword",
    "FenceDatabase",
    "UnfenceDatabase",
    "SettleGroups",
    "SwapIdentifiers",
)
MARK = {"coder-day2:environment": "prod", "coder-day2:serving": "no"}
everywhere = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
others = st.one_of(
    st.sampled_from(
        ["coder", "coder-prod", "coder-prod-aurora-restored", "coder-prod-aurora-old", "coder-prod-aurora2"]
    ),
    st.from_regex(r"[a-z](-?[a-z0-9]){0,40}", fullmatch=True).filter(
        lambda name: not name.startswith("coder-prod-aurora-")
    ),
).filter(lambda name: name != "coder-prod-aurora")


@pytest.fixture
def roles(prod: Assembly) -> dict[str, Role]:
    return dict(prod.roles)


def who(prod: Assembly, *asked: Any, also: Any = ()) -> set[str]:
    """The roles, whosever they are, that may do one of these."""
    return {name for name, role in prod.roles.items() if any(role.may(each, also=also) for each in asked)}


def modified(*resources: str, kind: str = "Cluster", bearing: dict[str, str] | None = None, **context: str) -> Any:
    return request(f"rds:ModifyDB{kind}", *resources, bearing=bearing, **context)


class TestNeverADatabaseLost:
    def test_no_role_may_do_more_to_a_database_than_what_a_restore_needs(self, prod: Assembly) -> None:
        asked = {
            action: request(f"rds:{action}", name, bearing=TAGS, tagging=TAGS)
            for action in CHANGES
            for name in (SOURCE, SOURCE_INSTANCE, RESTORED, INSTANCE, ASIDE, ASIDE_INSTANCE, BACKUP, SNAPSHOT, "*")
        }
        granted = {action for action, each in asked.items() for role in prod.restore_roles.values() if role.may(each)}
        assert granted <= USED

    @pytest.mark.parametrize("name", [*TOUCHED["cluster"], *TOUCHED["db"], BACKUP, SNAPSHOT, *PLACES])
    def test_not_even_with_full_access_attached(self, prod: Assembly, name: str) -> None:
        """Every operation of botocore's model, each tried: delete, stop, reboot, fail over, promote, share."""
        asked = {
            action: request(f"rds:{action}", name, bearing=TAGS, tagging=TAGS)
            for action in CHANGES
            if action not in USED
        }
        assert {"DeleteDBCluster", "DeleteDBInstance", "StopDBCluster", "RebootDBInstance", "FailoverDBCluster",
                "DeleteDBClusterSnapshot", "DeleteDBClusterAutomatedBackup"} <= asked.keys()  # fmt: skip
        assert not [
            (step, action)
            for step in CHANGING_STEPS
            for action, each in asked.items()
            if prod.roles[step].may(each, also=ANYTHING)
        ]

    @pytest.mark.parametrize("action", AUTHORISED_ON_NOTHING)
    def test_nor_what_is_authorised_on_no_resource(self, prod: Assembly, action: str) -> None:
        asked = request(f"rds:{action}", "*")
        assert not [step for step in CHANGING_STEPS if prod.roles[step].may(asked, also=ANYTHING)]

    def test_the_steps_that_change_a_database_are_these(self, prod: Assembly) -> None:
        assert {
            name
            for name, role in prod.restore_roles.items()
            if any(each.startswith("rds:") and "Describe" not in each for each in role.allowed_actions())
        } == set(CHANGING_STEPS)


class TestNoOtherDatabase:
    @given(name=others, kind=st.sampled_from(["cluster", "db", "cluster-snapshot"]), action=st.sampled_from(CHANGES))
    @everywhere
    def test_is_ever_changed(self, prod: Assembly, name: str, kind: str, action: str) -> None:
        """What begins with the source's name and a hyphen is taken for an instance of it: IAM has no other sign."""
        assume(kind != "db" or not name.startswith("coder-prod-aurora-"))
        asked = request(f"rds:{action}", f"{RDS}:{kind}:{name}", bearing=TAGS, tagging=TAGS)
        allowed = [step for step in CHANGING_STEPS if prod.roles[step].may(asked, also=ANYTHING)]
        # To restore from a snapshot of the settings' patterns changes nothing of it.
        is_backup = kind == "cluster-snapshot" and name.startswith("coder-prod-")
        assert not allowed or (is_backup and action.startswith("RestoreDBCluster"))

    @pytest.mark.parametrize("target", [f"{RDS}:cluster:another", ASIDE, f"{RDS}:cluster:coder-dr-test-{ID}"])
    def test_nor_restored_onto(self, roles: dict[str, Role], target: str) -> None:
        role = roles["RestoreBeside"]
        snapshot = request("rds:RestoreDBClusterFromSnapshot", target, SNAPSHOT, *PLACES, tagging=TAGS)
        moment = request("rds:RestoreDBClusterToPointInTime", target, SOURCE, *PLACES, tagging=TAGS)
        assert not role.may(snapshot, also=ANYTHING)
        assert not role.may(moment, also=ANYTHING)

    def test_a_snapshot_is_never_restored_over_the_source(self, roles: dict[str, Role]) -> None:
        restore = request("rds:RestoreDBClusterFromSnapshot", SOURCE, SNAPSHOT, *PLACES, tagging=TAGS)
        assert not roles["RestoreBeside"].may(restore, also=ANYTHING)

    def test_nor_restored_from(self, roles: dict[str, Role]) -> None:
        role = roles["RestoreBeside"]
        another = f"{RDS}:cluster-snapshot:rds:another-2026-11-23-02-00"
        snapshot = request("rds:RestoreDBClusterFromSnapshot", RESTORED, another, *PLACES, tagging=TAGS)
        moment = request("rds:RestoreDBClusterToPointInTime", RESTORED, f"{RDS}:cluster:another", *PLACES, tagging=TAGS)
        assert not role.may(snapshot, also=ANYTHING)
        assert not role.may(moment, also=ANYTHING)

    @pytest.mark.parametrize("tags", [{}, {"coder-day2:environment": "prod"}, {**TAGS, "coder-day2:environment": "x"}])
    def test_nothing_is_made_without_a_restores_tags(self, roles: dict[str, Role], tags: dict[str, str]) -> None:
        assert not roles["RestoreBeside"].may(
            request("rds:RestoreDBClusterFromSnapshot", RESTORED, SNAPSHOT, *PLACES, tagging=tags)
        )
        assert not roles["AddInstances"].may(request("rds:CreateDBInstance", INSTANCE, RESTORED, *PLACES, tagging=tags))

    @pytest.mark.parametrize(
        ("instance", "cluster"), [(SOURCE_INSTANCE, SOURCE), (INSTANCE, SOURCE), (SOURCE_INSTANCE, RESTORED)]
    )
    def test_no_instance_is_added_but_to_the_restored(
        self, roles: dict[str, Role], instance: str, cluster: str
    ) -> None:
        added = request("rds:CreateDBInstance", instance, cluster, *PLACES, tagging=TAGS)
        assert not roles["AddInstances"].may(added, also=ANYTHING)

    def test_no_instance_becomes_public(self, roles: dict[str, Role]) -> None:
        public = request(
            "rds:CreateDBInstance", INSTANCE, RESTORED, *PLACES, tagging=TAGS, rds__PubliclyAccessible="true"
        )
        assert not roles["AddInstances"].may(public, also=ANYTHING)

    @pytest.mark.parametrize("name", [SOURCE, SOURCE_INSTANCE, ASIDE, BACKUP, *PLACES])
    def test_nothing_gets_a_restores_tags_but_what_it_made(self, roles: dict[str, Role], name: str) -> None:
        tagged = request("rds:AddTagsToResource", name, tagging=TAGS)
        assert not [step for step in CHANGING_STEPS if roles[step].may(tagged, also=ANYTHING)]

    @pytest.mark.parametrize("name", [BACKUP, SNAPSHOT, f"{RDS}:cluster:another", *PLACES])
    def test_nothing_gets_the_mark_of_what_serves_but_the_platforms_own(
        self, roles: dict[str, Role], name: str
    ) -> None:
        marked = request("rds:AddTagsToResource", name, tagging=MARK)
        assert not [step for step in CHANGING_STEPS if roles[step].may(marked, also=ANYTHING)]


class TestWhoChangesWhat:
    def test_the_sources_groups_are_changed_by_the_fence_and_what_follows_it(self, prod: Assembly) -> None:
        assert who(prod, modified(SOURCE, *GROUPS[:2])) == {
            "FenceDatabase",
            "UnfenceDatabase",
            "SettleGroups",
            "SwapIdentifiers",
        }

    def test_the_one_set_aside_is_changed_by_a_swap_alone(self, prod: Assembly) -> None:
        assert who(prod, modified(ASIDE)) == {"SwapIdentifiers"}

    def test_instances_are_renamed_by_a_swap_alone(self, prod: Assembly) -> None:
        asked = [modified(each, kind="Instance") for each in TOUCHED["db"]]
        assert who(prod, *asked) == {"SwapIdentifiers"}

    @pytest.mark.parametrize("tags", [{}, DRILLS_TAGS])
    def test_a_password_is_set_on_what_bears_a_restores_tags(
        self, roles: dict[str, Role], tags: dict[str, str]
    ) -> None:
        assert not roles["SetMasterPassword"].may(modified(RESTORED, bearing=tags))

    @pytest.mark.parametrize("name", [SOURCE, ASIDE])
    def test_and_on_no_other_cluster_even_with_full_access_attached(self, roles: dict[str, Role], name: str) -> None:
        assert not roles["SetMasterPassword"].may(modified(name, bearing=TAGS), also=ANYTHING)

    def test_a_drill_can_do_none_of_it(self, prod: Assembly) -> None:
        asked = [
            *(modified(name, bearing=TAGS) for name in TOUCHED["cluster"]),
            *(modified(name, kind="Instance", bearing=TAGS) for name in TOUCHED["db"]),
            *(
                request(f"rds:Restore{how}", RESTORED, origin, *PLACES, tagging={**TAGS, **DRILLS_TAGS})
                for how, origin in (("DBClusterFromSnapshot", SNAPSHOT), ("DBClusterToPointInTime", SOURCE))
            ),
            request("rds:CreateDBInstance", INSTANCE, RESTORED, *PLACES, tagging={**TAGS, **DRILLS_TAGS}),
            request("rds:AddTagsToResource", RESTORED, tagging={**TAGS, **DRILLS_TAGS}),
        ]
        assert not who(prod, *asked) & prod.drill_roles.keys()

    def test_a_restore_can_do_none_of_a_drills(self, prod: Assembly) -> None:
        copy = f"coder-dr-test-{ID}"
        asked = [
            request(f"rds:{action}", f"{RDS}:{kind}:{copy}", bearing=DRILLS_TAGS, tagging=DRILLS_TAGS)
            for action in CHANGES
            for kind in ("cluster", "db", "cluster-snapshot")
        ]
        assert not who(prod, *asked) & prod.restore_roles.keys()


class TestTheRestoreItselfGetsThrough:
    """The counter-check: the walls do not stand because nothing is allowed."""

    @pytest.mark.parametrize(
        ("action", "origin"),
        [
            ("FromSnapshot", SNAPSHOT),
            ("FromSnapshot", f"{RDS}:cluster-snapshot:awsbackup:job-1"),
            ("FromSnapshot", f"{RDS}:cluster-snapshot:coder-prod-before-upgrade"),
            ("ToPointInTime", SOURCE),
            ("ToPointInTime", BACKUP),
        ],
    )
    def test_restoring_beside(self, roles: dict[str, Role], action: str, origin: str) -> None:
        asked = request(f"rds:RestoreDBCluster{action}", RESTORED, origin, *PLACES, tagging=TAGS)
        assert roles["RestoreBeside"].may(asked)
        assert roles["RestoreBeside"].may(request("rds:AddTagsToResource", RESTORED, tagging=TAGS))

    def test_adding_instances(self, roles: dict[str, Role]) -> None:
        asked = request(
            "rds:CreateDBInstance", INSTANCE, RESTORED, *PLACES, tagging=TAGS, rds__PubliclyAccessible="false"
        )
        assert roles["AddInstances"].may(asked)
        assert roles["AddInstances"].may(request("rds:AddTagsToResource", INSTANCE, tagging=TAGS))

    def test_setting_the_password(self, roles: dict[str, Role]) -> None:
        assert roles["SetMasterPassword"].may(modified(RESTORED, bearing=TAGS))

    @pytest.mark.parametrize("step", ["FenceDatabase", "UnfenceDatabase"])
    def test_fencing_and_its_end(self, roles: dict[str, Role], step: str) -> None:
        assert roles[step].may(modified(SOURCE))

    def test_closing_the_restored_cluster_before_the_old_one_is_opened_again(self, roles: dict[str, Role]) -> None:
        assert roles["UnfenceDatabase"].may(modified(RESTORED, bearing=TAGS))
        assert not roles["UnfenceDatabase"].may(modified(RESTORED))

    @pytest.mark.parametrize("step", ["FenceDatabase", "SettleGroups"])
    def test_marking_what_serves(self, roles: dict[str, Role], step: str) -> None:
        for name in (*TOUCHED["cluster"], *TOUCHED["db"]):
            assert roles[step].may(request("rds:AddTagsToResource", name, tagging=MARK))

    @pytest.mark.parametrize("name", [SOURCE, RESTORED])
    def test_settling_the_groups_of_what_serves_under_either_strategy(self, roles: dict[str, Role], name: str) -> None:
        assert roles["SettleGroups"].may(modified(name))

    def test_swapping_the_names_forth_and_back(self, roles: dict[str, Role]) -> None:
        assert all(roles["SwapIdentifiers"].may(modified(each)) for each in TOUCHED["cluster"])
        assert all(roles["SwapIdentifiers"].may(modified(each, kind="Instance")) for each in TOUCHED["db"])

    @pytest.mark.parametrize("step", ["RestoreBeside", "AddInstances"])
    def test_an_encrypted_source(self, roles: dict[str, Role], step: str) -> None:
        key = "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
        via_rds = {"kms__ViaService": "rds.eu-central-1.amazonaws.com"}
        for action in ("DescribeKey", "Decrypt"):
            assert roles[step].may(request(f"kms:{action}", key, **via_rds))
            assert not roles[step].may(request(f"kms:{action}", key))
        assert roles[step].may(request("kms:CreateGrant", key, kms__GrantIsForAWSResource="true", **via_rds))
        assert not roles[step].may(request("kms:CreateGrant", key, kms__GrantIsForAWSResource="false", **via_rds))


SECRETS = "arn:aws:secretsmanager:eu-central-1:111122223333:secret"
CONNECTION = f"{SECRETS}:coder/prod/aurora-master-AbCdEf"
TOKEN = f"{SECRETS}:coder/prod/day2-token-AbCdEf"


class TestTheSecrets:
    def test_the_connection_secret_is_read_by_whoever_enters_a_database_or_changes_it(self, prod: Assembly) -> None:
        assert who(prod, request("secretsmanager:GetSecretValue", CONNECTION)) == {
            *("SurveyPlatform", "TryLogin", "SetMasterPassword", "PlanRestoredChecks", "RunRestoredChecks"),
            *("RememberPlatform", "SilenceDatabase", "Repoint", "VerifyPlatform", "Soak", "Reconcile"),
            *("RepointBack", "OpenDatabase"),
            *("OpenRetirement", "ProveUnused", "DeleteRetired"),
        }

    @pytest.mark.parametrize("action", ["PutSecretValue", "UpdateSecretVersionStage"])
    def test_and_written_by_a_cut_over_and_its_rollback(self, prod: Assembly, action: str) -> None:
        assert who(prod, request(f"secretsmanager:{action}", CONNECTION)) == {"Repoint", "RepointBack"}

    def test_coders_token_is_read_by_who_asks_coder_for_its_counts(self, prod: Assembly) -> None:
        assert who(prod, request("secretsmanager:GetSecretValue", TOKEN)) == {
            *("VerifyPlatform", "Soak"),
            *("ReadNodes", "LookAgain", "LowerPods", "MeasureDemand"),
        }

    def test_no_other_secret_is_read_or_written_and_none_is_deleted(self, prod: Assembly) -> None:
        model = botocore.session.get_session().get_service_model("secretsmanager")
        used = {"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"}
        for name in ("coder/prod/aurora-master-2-AbCdEf", "coder/prod/another-AbCdEf", "rds!cluster-0a1b-AbCdEf"):
            asked = [request(f"secretsmanager:{each}", f"{SECRETS}:{name}") for each in model.operation_names]
            assert not who(prod, *asked) & prod.restore_roles.keys()
        rest = [
            request(f"secretsmanager:{each}", secret)
            for each in set(model.operation_names) - used
            for secret in (CONNECTION, TOKEN)
        ]
        assert not who(prod, *rest) & prod.restore_roles.keys()
        assert not who(prod, request("secretsmanager:PutSecretValue", TOKEN))

    def test_their_own_key_is_used_for_them_alone(self, tables: dict[str, Any]) -> None:
        key = "arn:aws:kms:eu-central-1:111122223333:key/secrets"
        roles = with_settings(spoilt(tables, "platform.secrets_kms_key", key))

        def use(action: str, secret: str, service: str = "secretsmanager") -> Any:
            where = {
                "kms__ViaService": f"{service}.eu-central-1.amazonaws.com",
                "kms__EncryptionContext__SecretARN": secret,
            }
            return request(f"kms:{action}", key, **where)

        readers = {name for name, role in roles.items() if role.may(use("Decrypt", CONNECTION))}
        assert readers == {
            name for name, role in roles.items() if role.may(request("secretsmanager:GetSecretValue", CONNECTION))
        }
        writers = {name for name, role in roles.items() if role.may(use("GenerateDataKey", CONNECTION))}
        assert writers == {"Repoint", "RepointBack"}
        assert roles["Soak"].may(use("Decrypt", TOKEN))
        for asked in (use("Decrypt", f"{SECRETS}:another-AbCdEf"), use("Decrypt", CONNECTION, "rds")):
            assert not [name for name, role in roles.items() if role.may(asked)]


class TestTheAnswer:
    MACHINES = "arn:aws:states:eu-central-1:111122223333:stateMachine"

    @pytest.mark.parametrize("action", ["SendTaskSuccess", "SendTaskFailure"])
    def test_is_given_to_the_machine_by_one_function_and_to_no_other_machine(self, prod: Assembly, action: str) -> None:
        asked = request(f"states:{action}", f"{self.MACHINES}:coder-day2-prod-platform-restore")
        other = request(f"states:{action}", f"{self.MACHINES}:coder-day2-prod-dr-drill")
        assert who(prod, asked) == {"AnswerApproval"}
        assert who(prod, other) == set()

    def test_the_machine_itself_cannot_give_it(self, prod: Assembly) -> None:
        function = "arn:aws:lambda:eu-central-1:111122223333:function:coder-day2-prod-answer-approval"
        assert who(prod, request("lambda:InvokeFunction", function)) == set()

    @pytest.mark.parametrize("action", ["StartExecution", "StartSyncExecution", "StopExecution", "RedriveExecution"])
    def test_no_role_of_a_restore_starts_or_stops_an_execution(self, prod: Assembly, action: str) -> None:
        kind = {"StopExecution": "execution", "RedriveExecution": "execution"}.get(action, "stateMachine")
        end = ":an-execution" if kind == "execution" else ""
        places = self.MACHINES.replace("stateMachine", kind)
        asked = [
            request(f"states:{action}", f"{places}:coder-day2-prod-{each}{end}")
            for each in ("dr-drill", "sweep", "platform-restore")
        ]
        assert not who(prod, *asked) & prod.restore_roles.keys()


def with_settings(tables: dict[str, Any]) -> dict[str, Role]:
    """The restore's roles under other settings; what the templates are made of, without a synth."""
    names = Names(settings=check(tables, environment="prod"))
    return {
        step.name: Role(step.name, _documents(permissions.statements(step, names, evidence_key="")), "", 0)
        for step in (*RESTORE_STEPS, *OPERATIONS)
    }


def _documents(statements: tuple[Statement, ...]) -> tuple[dict[str, Any], ...]:
    return tuple(each.document() for each in statements)


def test_where_names_are_not_swapped_no_role_may_rename_an_instance_and_the_swap_may_change_nothing(
    tables: dict[str, Any],
) -> None:
    roles = with_settings(spoilt(tables, "restore.strategies", ["repoint"]))
    instances = [modified(each, kind="Instance") for each in TOUCHED["db"]]
    assert not [name for name, role in roles.items() if any(map(role.may, instances))]
    assert not [each for each in roles["SwapIdentifiers"].allowed_actions() if "Modify" in each]
    assert roles["FenceDatabase"].may(modified(SOURCE))


@pytest.mark.parametrize("changed", ["coder-prod-aurora", f"coder-prod-aurora-restored-{ID}"])
def test_a_platform_that_was_restored_before_is_restored_again_under_the_same_names(
    tables: dict[str, Any], changed: str
) -> None:
    roles = with_settings(spoilt(tables, "source.cluster", changed))
    source, again = f"{RDS}:cluster:{changed}", f"{RDS}:cluster:coder-prod-aurora-restored-20270101-ffffffff"
    assert roles["RestoreBeside"].may(
        request("rds:RestoreDBClusterToPointInTime", again, source, *PLACES, tagging=TAGS)
    )
    assert roles["FenceDatabase"].may(modified(source))


def test_no_statement_stands_twice_in_a_role_whatever_the_settings(tables: dict[str, Any]) -> None:
    """IAM refuses a policy in which two statements have one Sid."""
    tables = spoilt(tables, "platform.secrets_kms_key", "arn:aws:kms:eu-central-1:111122223333:key/secrets")
    names = Names(settings=check(tables, environment="prod"))
    for step in BY_NAME.values():
        sids = [each.sid for each in permissions.statements(step, names, evidence_key="")]
        assert len(sids) == len(set(sids)), step.name
