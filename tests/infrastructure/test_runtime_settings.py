"""What the functions are told is what `lambdas.settings` reads."""

from typing import Any

import pytest

from cdk.environments import SettingsError, check, load
from cdk.names import Names
from cdk.runtime_settings import document
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
    assert settings.evidence.topic.endswith(f":{prod.one('AWS::SNS::Topic')['TopicName']}")
    assert settings.kubernetes == runtime.Kubernetes(cluster="coder-prod")
    assert "audit_logs" in settings.verification.may_shrink


def test_nothing_is_lost_on_the_way_through_json() -> None:
    names = Names(settings=load("prod"))
    told = runtime.parse(document(names, version="1.2.3", copy_group="sg-1", verifier_group="sg-2"))
    assert told.version == "1.2.3"
    assert told.verification == runtime.Verification(**names.settings.verification.model_dump())
    assert told.database.kms_key is None
    assert told.database.cluster_parameter_group == "coder-prod-aurora-pg"


def test_a_missing_cluster_and_platform_are_told_as_none(tables: dict[str, Any]) -> None:
    for table in ("platform", "restore", "kubernetes"):
        tables = spoilt(tables, table, ...)
    names = Names(settings=check(tables, environment="prod"))
    told = runtime.parse(document(names, version="1", copy_group="a", verifier_group="b"))
    assert (told.kubernetes, told.platform, told.restore) == (None, None, None)


def test_the_environment_of_a_function_fits_into_lambdas_4_kb(prod: Assembly) -> None:
    for each in prod.of_type("AWS::Lambda::Function"):
        variables = each["Environment"]["Variables"]
        assert sum(len(name) + len(value) for name, value in variables.items()) < 4096


def test_settings_that_do_not_fit_are_refused_before_deployment(tables: dict[str, Any]) -> None:
    many = [f"a_table_of_a_long_name_{number}" for number in range(200)]
    names = Names(settings=check(spoilt(tables, "verification.may_shrink", many), environment="prod"))
    with pytest.raises(SettingsError, match=r"verification: the settings take \d+ characters"):
        document(names, version="1", copy_group="a", verifier_group="b")


def test_no_function_is_told_a_secret(prod: Assembly) -> None:
    for each in prod.of_type("AWS::Lambda::Function"):
        assert set(each["Environment"]["Variables"]) == {"DAY2_SETTINGS", "POWERTOOLS_LOG_LEVEL"}
