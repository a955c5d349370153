"""What the functions are told is what `lambdas.settings` reads."""

from datetime import date
from typing import Any

import pytest

from cdk.environments import SettingsError, check, load
from cdk.names import Names
from cdk.runtime_settings import LONGEST, document
from infrastructure.templates import Assembly
from infrastructure.test_settings import spoilt
from lambdas import settings as runtime


def test_every_function_reads_the_environments_settings(prod: Assembly) -> None:
    told = {each["Environment"]["Variables"]["DAY2_SETTINGS"] for each in prod.of_type("AWS::Lambda::Function")}
    assert len(told) == 1
    settings = runtime.parse(told.pop())
    assert settings.environment == "prod"
    assert settings.source == "coder-prod-aurora"
    assert settings.snapshot_patterns == ("rds:coder-prod-aurora-*", "awsbackup:*", "coder-prod-*")
    assert settings.prefix == "coder-dr-test"
    assert settings.database.security_group.startswith("<IsolationCopy")
    assert settings.database.verifier_security_group.startswith("<IsolationVerifier")
    assert settings.objectives.rto_minutes == 120
    assert settings.evidence.bucket == prod.one("AWS::S3::Bucket", BucketName=settings.evidence.bucket)["BucketName"]
    assert settings.evidence.table == prod.one("AWS::DynamoDB::Table")["TableName"]
    assert settings.evidence.topic.endswith(":coder-day2-prod-drills")
    assert settings.kubernetes == runtime.Kubernetes(cluster="coder-prod")
    assert "audit_logs" in settings.verification.may_shrink


def test_nothing_is_lost_on_the_way_through_json() -> None:
    names = Names(settings=load("prod"))
    told = runtime.parse(document(names, version="1.2.3", copy_group="sg-1", verifier_group="sg-2"))
    assert told.version == "1.2.3"
    assert told.verification == runtime.Verification(**names.settings.verification.model_dump())
    assert told.database.kms_key is None
    assert told.database.cluster_parameter_group == "coder-prod-aurora-pg"


@pytest.mark.parametrize("environment", ["prod", "local"])
def test_what_has_its_default_is_not_told_and_read_all_the_same(environment: str) -> None:
    names = Names(settings=load(environment))
    text = document(names, version="1", copy_group="a", verifier_group="b")
    told = runtime.parse(text)
    assert told.platform == runtime.Platform(**names.settings.platform.model_dump(include=runtime.Platform.__slots__))
    assert told.restore is not None
    assert told.restore.terraform == runtime.Terraform()
    assert "null" not in text
    assert "var_file" not in text


def test_a_missing_cluster_and_platform_are_told_as_none(tables: dict[str, Any]) -> None:
    for table in ("scaling", "platform", "restore", "kubernetes"):
        tables = spoilt(tables, table, ...)
    names = Names(settings=check(tables, environment="prod"))
    told = runtime.parse(document(names, version="1", copy_group="a", verifier_group="b"))
    assert (told.kubernetes, told.platform, told.restore, told.scaling) == (None, None, None, None)


def test_scaling_is_told_with_its_groups_its_zone_and_every_holiday_once(tables: dict[str, Any]) -> None:
    tables = spoilt(tables, "scaling.holidays", [date(2027, 1, 1), "2026-12-24"])
    names = Names(settings=check(tables, environment="prod"))
    told = runtime.parse(document(names, version="1", copy_group="a", verifier_group="b")).scaling
    assert told is not None
    assert told.groups["workspace"] == runtime.ScaledGroup(
        node_group="coder-prod-ws", floor=10, ceiling=200, profiles={"peak": 50, "off-peak": 10}
    )
    assert told.groups["provisioner"].pods_per_node == 4
    assert (told.control, told.time_zone) == ("coder-prod-control", "America/New_York")
    assert told.holidays[:4] == ("2026-11-26", "2026-11-27", "2026-12-24", "2026-12-25")
    assert told.holidays.count("2027-01-01") == 1


def test_the_environment_of_a_function_fits_into_lambdas_4_kb(prod: Assembly) -> None:
    for each in prod.of_type("AWS::Lambda::Function"):
        variables = each["Environment"]["Variables"]
        assert sum(len(name) + len(value) for name, value in variables.items()) < 4096


def test_a_platform_of_long_names_with_everything_named_still_fits(tables: dict[str, Any]) -> None:
    group = "sg-0a1b2c3d4e5f60718"
    given: dict[str, Any] = {
        "source.cluster": "a-platform-with-a-rather-long-nam",
        "source.manual_snapshots": [f"a-pattern-of-manual-snapshots-{number}-*" for number in range(5)],
        "copy.kms_key": "arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
        "platform.connection_secret": "platforms/production/eu-central-1/aurora/connection",
        "platform.token_secret": "platforms/production/eu-central-1/coder/session-token",
        "restore.security_groups": [group] * 5,
        "restore.terraform.var_file": "environments/production/eu-central-1/platform.tfvars",
        "verification.may_shrink": [f"a_table_that_a_job_shortens_{number}" for number in range(12)],
        "verification.expect": {"F01_license_valid": "report", "B02_owner_exists": "report"},
    }
    for path, value in given.items():
        tables = spoilt(tables, path, value)
    names = Names(settings=check(tables, environment="production-one"))
    assert len(document(names, version="10.20.30", copy_group=group, verifier_group=group)) < LONGEST * 0.9


def test_settings_that_do_not_fit_are_refused_before_deployment(tables: dict[str, Any]) -> None:
    many = [f"a_table_of_a_long_name_{number}" for number in range(200)]
    names = Names(settings=check(spoilt(tables, "verification.may_shrink", many), environment="prod"))
    with pytest.raises(SettingsError, match=r"verification: the settings take \d+ characters"):
        document(names, version="1", copy_group="a", verifier_group="b")


def test_no_function_is_told_a_secret(prod: Assembly) -> None:
    for each in prod.of_type("AWS::Lambda::Function"):
        assert set(each["Environment"]["Variables"]) == {"DAY2_SETTINGS", "POWERTOOLS_LOG_LEVEL"}
