"""Every fault of a settings file is told at once, in a sentence that begins with the path of its field."""

import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from inspect import signature
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk.environments import FOLDER, SettingsError, check, load
from cdk.names import Names
from cdk.settings import EnvironmentSettings
from cdk.settings_rules import RULES
from lambdas.steps import STEPS


def spoilt(tables: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The tables with this value under a dotted path; `...` removes it."""
    tables = deepcopy(tables)
    *parents, last = path.split(".")
    place = tables
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return tables


def faults(tables: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        check(tables, environment="prod")
    return refused.value.problems


@pytest.mark.parametrize("environment", [each.stem for each in FOLDER.glob("*.toml")])
def test_every_environment_in_the_repository_can_be_deployed(environment: str) -> None:
    assert load(environment).environment == environment


def test_the_production_example_shows_every_setting() -> None:
    """Every field of every table is there, at least in a comment."""
    text = (FOLDER / "prod.toml").read_text(encoding="utf-8")
    settings = load("prod")
    names = {
        name
        for table in (getattr(settings, field) for field in type(settings).model_fields)
        if hasattr(type(table), "model_fields")
        for name in type(table).model_fields
    }
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("aws.account", "12", "aws.account: '12' is not an AWS account id (12 digits)"),
        ("aws.region", "Frankfurt", "aws.region: 'Frankfurt' is not an AWS Region such as eu-central-1"),
        ("source.cluster", "Coder--prod", "source.cluster: 'Coder--prod' is not an RDS identifier"),
        ("source.port", "5432", "source.port: input should be a valid integer, not '5432'"),
        ("source.port", 80, "source.port: input should be greater than or equal to 1150, not 80"),
        ("source.kms_key", "alias/aws/rds", "source.kms_key: 'alias/aws/rds' is not a KMS key ARN (not an alias)"),
        ("source.manual_snapshots", ["*"], "source.manual_snapshots.0: '*' is not a snapshot's name"),
        ("source.password", "x", "source.password: is not a setting"),
        ("copy.subnet_group", ..., "copy.subnet_group: is missing"),
        ("copy.min_acu", 0.3, "copy.min_acu: input should be a multiple of 0.5, not 0.3"),
        ("network.vpc", "main", "network.vpc: 'main' is not a VPC id"),
        ("network.https_to", [], "network.https_to: is empty; give at least one"),
        ("network.https_to", ["all"], "network.https_to.0: 'all' is not an IPv4 range"),
        ("kubernetes.name", "x", "kubernetes.name: is not a setting"),
        ("objectives.rto_minutes", 0, "objectives.rto_minutes: input should be greater than or equal to 1, not 0"),
        ("objectives.rto_minutes", True, "objectives.rto_minutes: input should be a valid integer, not True"),
        ("objectives", ..., "objectives: is missing"),
        ("evidence.object_lock", "NONE", "evidence.object_lock: input should be 'GOVERNANCE' or 'COMPLIANCE'"),
        ("verification.expect", {"licence": "report"}, "verification.expect.licence: 'licence' is not a check's id"),
        ("verification.expect", {"B02_owner_exists": "maybe"}, "verification.expect.B02_owner_exists: input should be"),
        ("schedules.sweep_cron", "daily", "schedules.sweep_cron: 'daily' is not a Scheduler expression of six fields"),
        ("schedules.time_zone", "Berlin!", "schedules.time_zone: 'Berlin!' is not an IANA time zone"),
        ("watch.emails", ["nobody"], "watch.emails.0: 'nobody' is not an e-mail address"),
        ("watch.log_retention_days", 91, "watch.log_retention_days: input should be 1, 7"),
        ("colour", "blue", "colour: is not a setting"),
        # What only fields together make:
        ("copy.prefix", "coder-prod", "copy.prefix: 'coder-prod' matches the source 'coder-prod-aurora'"),
        ("copy.prefix", "coder-prod-aurora", "copy.prefix: 'coder-prod-aurora' matches the source"),
        ("copy.prefix", "coder-prod-aurora-dr", "copy.prefix: 'coder-prod-aurora-dr' contains the source's name"),
        ("copy.prefix", "dr", "copy.prefix: 'dr' has 2 characters; 6 to 38"),
        ("copy.prefix", "a" * 39, "copy.prefix: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' has 39 characters; 6 to 38"),
        ("copy.min_acu", 16, "copy.min_acu: 16 is more than copy.max_acu, 8"),
        ("copy.max_acu", 0.5, "copy.max_acu: 0.5 is less than 1"),
        ("copy.kms_key", "arn:aws:kms:us-east-1:111122223333:key/1", "copy.kms_key: the key is in us-east-1, not in"),
        ("network.function_subnets", ["subnet-00000001"], "network.function_subnets: 1 subnets for 3"),
        ("network.availability_zones", ["us-east-1a"] * 3, "network.availability_zones: 'us-east-1a' is not in"),
        ("objectives.rto_minutes", 241, "objectives.rto_minutes: 241 lets a drill last 481.5 minutes"),
        ("objectives.drill_interval_days", 30, "objectives.drill_interval_days: 30 is shorter than the 31 days"),
        (
            "evidence.retention_days",
            34,
            "evidence.retention_days: 34 is shorter than objectives.drill_interval_days, 35",
        ),
        ("schedules.drills", {}, "schedules.drills: is empty"),
        ("schedules.drills.monthly-point-in-time", ..., "schedules.drills: none restores the latest-restorable-time"),
        ("schedules.time_zone", "Europe/Bielefeld", "schedules.time_zone: 'Europe/Bielefeld' is not known"),
        ("schedules.sweep_cron", "cron(30 5 * * * *)", "schedules.sweep_cron: 'cron(30 5 * * * *)' needs a '?'"),
        ("schedules.sweep_cron", "cron(30 5 ? * ? *)", "schedules.sweep_cron: 'cron(30 5 ? * ? *)' needs a '?'"),
        (
            "schedules.sweep_cron",
            "cron(30 5 ? * MON *)",
            "schedules.sweep_cron: 'cron(30 5 ? * MON *)' is not every day",
        ),
        (
            "schedules.drills.monthly-snapshot.cron",
            "cron(0 3 1 13 ? *)",
            "schedules.drills.monthly-snapshot.cron: Sched",
        ),
        (
            "schedules.drills.monthly-snapshot.cron",
            "cron(x 3 1 * ? *)",
            "schedules.drills.monthly-snapshot.cron: Schedu",
        ),
        (
            "schedules.drills.monthly-snapshot.cron",
            "cron(0 3 31 * ? *)",
            "schedules.drills.monthly-snapshot.cron: not e",
        ),
        ("schedules.drills", {"sweep": {}}, "schedules.drills.sweep: 'sweep' is not a schedule's name"),
        ("network.https_to", ["10.20.1.1/16"], "network.https_to.0: 10.20.1.1/16 has host bits set"),
        ("network.https_to", ["0.0.0.0/0"], "network.https_to.0: '0.0.0.0/0' is everything"),
        ("network.function_subnets", ["subnet-00000001"] * 3, "network.function_subnets: one subnet is named twice"),
        ("verification.physical_full_gib", float("inf"), "verification.physical_full_gib: input should be a finite"),
        ("verification.expect", {"H01_no_such": "report"}, "verification.expect.H01_no_such: there is no such check"),
        ("verification.expect", {"FK01_no_orphans": "zero"}, "verification.expect.FK01_no_orphans: 'zero' is none of"),
        (
            "verification.expect",
            {"D01_workspaces_live": "zero"},
            "verification.expect.D01_workspaces_live: 'zero' would",
        ),
        # Of a platform restore:
        ("platform.connection_secret", ..., "platform.connection_secret: is missing"),
        ("platform.connection_secret", "arn:aws:secretsmanager:x", "platform.connection_secret: 'arn:aws:secretsm"),
        ("platform.namespace", "Coder", "platform.namespace: 'Coder' is not a Kubernetes name"),
        ("platform.secrets_kms_key", "alias/x", "platform.secrets_kms_key: 'alias/x' is not a KMS key ARN"),
        (
            "platform.secrets_kms_key",
            "arn:aws:kms:us-east-1:111122223333:key/1",
            "platform.secrets_kms_key: the key is in us-east-1, not in aws.region",
        ),
        ("platform.database_security_groups", ["main"], "platform.database_security_groups.0: 'main' is not a secur"),
        ("restore.strategies", [], "restore.strategies: is empty; give at least one"),
        ("restore.strategies", ["rename"], "restore.strategies.0: input should be 'repoint' or 'swap-identifiers'"),
        ("restore.approval_minutes", 0, "restore.approval_minutes: input should be greater than or equal to 1"),
        ("restore.approval_minutes", 10_081, "restore.approval_minutes: input should be less than or equal to 10080"),
        ("restore.soak_minutes", 0, "restore.soak_minutes: input should be greater than 0"),
        ("restore.soak_minutes", 240.5, "restore.soak_minutes: input should be less than or equal to 240"),
        ("restore.two_person", "yes", "restore.two_person: input should be a valid boolean"),
        ("platform", ..., "platform: is missing; a platform restore needs it beside restore"),
        ("restore", ..., "restore: is missing; a platform restore needs it beside platform"),
        ("kubernetes", ..., "kubernetes: is missing; a platform restore stops and starts Coder there"),
        ("source.cluster", "a" * 34, f"source.cluster: {'a' * 34!r} has 34 characters; more than 33 leave a restored"),
        ("schedules.sweep_cron", "cron(30 25 * * ? *)", "schedules.sweep_cron: 'cron(30 25 * * ? *)' names no time"),
        ("schedules.sweep_cron", "cron(30 2 * * ? *)", "schedules.sweep_cron: 2:30 does not exist on 2026-03-29 in"),
    ],
)
def test_one_fault_is_told_with_its_path(tables: dict[str, Any], path: str, value: Any, problem: str) -> None:
    told = faults(spoilt(tables, path, value))
    assert any(each.startswith(problem) for each in told), told


def test_all_faults_of_the_fields_are_told_at_once(tables: dict[str, Any]) -> None:
    tables = spoilt(tables, "aws.account", "12")
    tables = spoilt(tables, "objectives.rto_minutes", "two hours")
    tables = spoilt(tables, "schedules.drills.monthly-snapshot.recovery_point", "the best")
    tables = spoilt(tables, "colour", "blue")
    assert [each.split(":")[0] for each in faults(tables)] == [
        "aws.account",
        "objectives.rto_minutes",
        "schedules.drills.monthly-snapshot.recovery_point",
        "colour",
    ]


def test_all_faults_between_fields_are_told_at_once(tables: dict[str, Any]) -> None:
    tables = spoilt(tables, "copy.prefix", "coder-prod")
    tables = spoilt(tables, "copy.max_acu", 0.5)
    tables = spoilt(tables, "copy.min_acu", 2)
    tables = spoilt(tables, "evidence.retention_days", 7)
    assert [each.split(":")[0] for each in faults(tables)] == [
        "copy.prefix",
        "copy.min_acu",
        "copy.max_acu",
        "evidence.retention_days",
    ]


def test_faults_of_fields_and_faults_between_the_fields_of_other_tables_are_told_in_one_answer(
    tables: dict[str, Any],
) -> None:
    tables = spoilt(tables, "aws.account", "12")
    tables = spoilt(tables, "watch.emails", "nobody")
    tables = spoilt(tables, "copy.prefix", "coder-prod")
    tables = spoilt(tables, "network.function_subnets", ["subnet-00000001"])
    tables = spoilt(tables, "schedules.sweep_cron", "cron(30 5 ? * MON *)")
    assert [each.split(":")[0] for each in faults(tables)] == [
        "aws.account",
        "watch.emails",
        "copy.prefix",
        "network.function_subnets",
        "schedules.sweep_cron",
    ]


def test_a_rule_is_not_judged_by_a_table_that_is_wrong_or_missing_itself(tables: dict[str, Any]) -> None:
    tables = spoilt(spoilt(tables, "evidence.retention_days", 7), "objectives", ...)
    assert faults(spoilt(tables, "copy.min_acu", 16)) == (
        "objectives: is missing",
        "copy.min_acu: 16 is more than copy.max_acu, 8",
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_reads_tables_that_there_are(rule: Callable[..., Iterator[str]]) -> None:
    """A rule with a parameter of another name would never be judged."""
    assert signature(rule).parameters.keys() <= EnvironmentSettings.model_fields.keys()


def test_the_error_names_its_file_and_lists_every_fault_on_a_line(tables: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as refused:
        check(spoilt(spoilt(tables, "aws", ...), "colour", "blue"), environment="prod")
    assert str(refused.value).splitlines() == [
        "config/prod.toml cannot be deployed; correct each line and try again:",
        "  aws: is missing",
        "  colour: is not a setting; see config/prod.toml for those that are",
    ]


def test_an_unknown_environment_is_told_which_there_are() -> None:
    with pytest.raises(SettingsError, match=r"environment: 'stage' is unknown; known: local, prod"):
        load("stage")


@pytest.mark.parametrize("environment", ["Prod_EU", "prod.eu", "prod-", "prod--eu", "production-west"])
def test_an_environment_whose_name_no_resource_could_bear_is_refused(tmp_path: Path, environment: str) -> None:
    """Before anything is made, where CDK would end in a traceback, or AWS refuse the name at deployment."""
    (tmp_path / f"{environment}.toml").write_text((FOLDER / "local.toml").read_text(encoding="utf-8"))
    with pytest.raises(SettingsError) as refused:
        load(environment, folder=tmp_path)
    (told,) = refused.value.problems
    assert told.startswith(f"environment: {environment!r} is not the name of an environment, and so of its file (1-14 ")


def test_the_longest_environment_leaves_every_name_within_its_limit_in_every_region(tables: dict[str, Any]) -> None:
    """S3: 63 characters; of the others the least is Lambda's, EventBridge's and Scheduler's, 64."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    for region in {region for each in partitions for region in each["regions"]}:
        settings = check(tables, environment="production-one")
        names = Names(settings=settings.model_copy(update={"aws": settings.aws.model_copy(update={"region": region})}))
        assert max(len(names.bucket), len(names.access_log_bucket)) <= 63
        assert max(len(names.function(step)) for step in STEPS) <= 64
        assert len(names.schedule_group) <= 64


def test_a_file_that_is_no_toml_is_told_where(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").write_text("[aws\n")
    with pytest.raises(SettingsError, match=r"file: is not TOML: .*line 1"):
        load("prod", folder=tmp_path)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"file: is not TOML: 'utf-8' codec can't decode"):
        load("prod", folder=tmp_path)


def test_the_check_that_the_production_example_names_exists(tables: dict[str, Any]) -> None:
    (named,) = re.findall(r'^# (\w+) = "report"$', (FOLDER / "prod.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert check(spoilt(tables, "verification.expect", {named: "report"}), environment="prod")


@pytest.mark.parametrize(
    "cron",
    [
        "cron(0 3 L * ? *)",
        "cron(0 3 ? * 2#1 *)",
        "cron(0 15 ? * MON-FRI *)",
        "cron(0 3,15 1 1/3 ? *)",
        "cron(0 */12 1 * ? 2027)",
    ],
)
def test_what_scheduler_takes_is_taken(tables: dict[str, Any], cron: str) -> None:
    assert check(spoilt(tables, "schedules.drills.monthly-snapshot.cron", cron), environment="prod")


@pytest.mark.parametrize(
    ("snapshot", "moment", "clash"),
    [
        ("0 3 1 * ? *", "0 3 1 * ? *", "0 minutes after schedules.drills.monthly-point-in-time.cron on 2026-01-01 at"),
        (
            "14 7 15 * ? *",
            "0 3 15 * ? *",
            "254 minutes after schedules.drills.monthly-point-in-time.cron on 2026-01-15",
        ),
        (
            "0 1 15 * ? *",
            "0 23 14 * ? *",
            "120 minutes after schedules.drills.monthly-point-in-time.cron on 2026-01-15",
        ),
        (
            "0 3 ? * MON-FRI *",
            "0 2 15 * ? *",
            "60 minutes after schedules.drills.monthly-point-in-time.cron on 2026-01",
        ),
        (
            "0 3 ? * SUN *",
            "45 22 ? * SAT *",
            "195 minutes after schedules.drills.monthly-point-in-time.cron on 2026-03",
        ),
        ("0/30 3 1 * ? *", "0 3 15 * ? *", "30 minutes after schedules.drills.monthly-snapshot.cron on 2026-01-01"),
    ],
    ids=["the same", "a minute too near", "over midnight", "now and then", "the night of 23 hours", "itself"],
)
def test_a_drill_that_would_start_while_another_holds_the_source_is_refused(
    tables: dict[str, Any], snapshot: str, moment: str, clash: str
) -> None:
    tables = spoilt(tables, "schedules.drills.monthly-snapshot.cron", f"cron({snapshot})")
    tables = spoilt(tables, "schedules.drills.monthly-point-in-time.cron", f"cron({moment})")
    (told,) = faults(tables)
    assert told.startswith(f"schedules.drills.monthly-snapshot.cron: starts {clash}")
    assert "a drill may hold the source for 255 (" in told


def test_drills_as_far_apart_as_one_may_last_are_taken(tables: dict[str, Any]) -> None:
    tables = spoilt(tables, "schedules.drills.monthly-snapshot.cron", "cron(15 7 15 * ? *)")
    assert check(tables, environment="prod")
    tables = spoilt(tables, "objectives.rto_minutes", 60)
    assert check(spoilt(tables, "schedules.drills.monthly-snapshot.cron", "cron(15 6 15 * ? *)"), environment="prod")


def test_of_schedules_that_clash_all_pairs_of_neighbours_are_told_once(tables: dict[str, Any]) -> None:
    for name, hour in (("b", 4), ("c", 5)):
        drill = {"cron": f"cron(0 {hour} 15 * ? *)", "recovery_point": "latest-snapshot"}
        tables = spoilt(tables, f"schedules.drills.{name}", drill)
    assert [each.partition(" on ")[0] for each in faults(tables)] == [
        "schedules.drills.b.cron: starts 60 minutes after schedules.drills.monthly-point-in-time.cron",
        "schedules.drills.c.cron: starts 60 minutes after schedules.drills.b.cron",
    ]


def test_a_monthly_drill_on_a_day_without_a_clock_change_may_start_in_its_hour(tables: dict[str, Any]) -> None:
    """Europe's clocks go forward on the last Sunday of March, which is never the 1st."""
    assert check(spoilt(tables, "schedules.drills.monthly-snapshot.cron", "cron(30 2 1 * ? *)"), environment="prod")


def test_kubernetes_and_everything_with_a_default_may_be_left_out(tables: dict[str, Any]) -> None:
    for optional in (
        *("scaling", "platform", "restore", "kubernetes", "verification", "watch"),
        *("copy.cluster_parameter_group", "source.kms_key"),
    ):
        tables = spoilt(tables, optional, ...)
    settings = check(tables, environment="prod")
    assert (settings.kubernetes, settings.platform, settings.restore, settings.scaling) == (None, None, None, None)
    assert settings.verification.connections == 2


@pytest.mark.parametrize("source", ["coder-restored-20261123-0a1b2c3d", "coder-old-20261123-0a1b2c3d"])
@pytest.mark.parametrize("prefix", ["coder-old", "coder-restored", "coder-old-drill"])
def test_where_the_source_was_itself_restored_no_drill_shares_the_names_of_the_next_restore(
    tables: dict[str, Any], source: str, prefix: str
) -> None:
    tables = spoilt(spoilt(tables, "source.cluster", source), "copy.prefix", prefix)
    assert any("by which a platform restore names clusters" in each for each in faults(tables))


def test_a_restored_source_keeps_its_first_name_however_often_it_is_restored(tables: dict[str, Any]) -> None:
    """33 characters and a restore's ending are more than 33; the next restore's names are no longer for that."""
    restored = Names(
        settings=check(spoilt(tables, "source.cluster", f"{'a' * 33}-restored-20261123-0a1b2c3d"), environment="prod")
    )
    assert restored.restored_prefix == f"{'a' * 33}-restored-"
    assert len(f"{restored.restored_prefix}20261123-0a1b2c3d-15") <= 63


@given(st.from_regex(r"[a-z](-?[a-z0-9]){5,17}", fullmatch=True))
def test_no_accepted_prefix_can_match_the_source(prefix: str) -> None:
    tables = tomllib.loads((FOLDER / "prod.toml").read_text(encoding="utf-8"))
    tables["source"]["cluster"] = f"{prefix}-production"
    tables["copy"]["prefix"] = prefix
    assert any("matches the source" in each for each in faults(tables))


@pytest.mark.parametrize(
    ("snapshot", "moment", "days", "alarms"),
    [
        ("0 3 1 * ? *", "0 3 15 * ? *", 31, []),
        ("0 3 1 * ? *", "0 3 ? * SUN *", 8, []),
        ("0 3 ? * SUN *", "0 3 15 1/3 ? *", 35, ["rpo-unproven"]),
        ("0 3 1 1/3 ? *", "0 3 15 1/3 ? *", 35, ["drill-overdue", "rpo-unproven"]),
    ],
    ids=["monthly", "weekly moments", "quarterly moments", "quarterly both"],
)
def test_an_interval_shorter_than_the_schedules_own_names_the_alarm_that_would_sound(
    tables: dict[str, Any], snapshot: str, moment: str, days: int, alarms: list[str]
) -> None:
    tables = spoilt(tables, "schedules.drills.monthly-snapshot.cron", f"cron({snapshot})")
    tables = spoilt(tables, "schedules.drills.monthly-point-in-time.cron", f"cron({moment})")
    tables = spoilt(tables, "objectives.drill_interval_days", days)
    told: list[str] = []
    try:
        check(tables, environment="prod")
    except SettingsError as refused:
        told = [each for each in refused.problems if each.startswith("objectives.drill_interval_days")]
    assert [each.partition("the alarm ")[2].split()[0] for each in told] == alarms
