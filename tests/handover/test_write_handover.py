"""The step stores what an operator runs, once and again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from handover_samples import (
    CLUSTER,
    ID,
    SOURCE,
    TARGET,
    before,
    blueprint,
    live,
    restoration,
)
from moto import mock_aws

from lambdas import payload, runtime
from lambdas import settings as runtime_settings
from lambdas.adapters import aws, rds
from lambdas.errors import RequestRefused
from lambdas.handover.files import quoted
from lambdas.handover.handlers import write_handover
from lambdas.recovery.database import Cluster
from lambdas.restore_contracts import Strategy
from lambdas.settings import Database, Evidence, Objectives, Restore, Settings, Terraform

BUCKET = "coder-day2-prod-evidence"
SETTINGS = Settings(
    environment="prod",
    version="1.0.0",
    source=SOURCE,
    snapshot_patterns=(),
    prefix="coder-dr-test",
    database=Database(
        name="coder",
        subnet_group="coder-prod-db-subnet-group",
        security_group="sg-isolated",
        verifier_security_group="sg-verifier",
        min_acu=0.5,
        max_acu=8,
    ),
    objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=31),
    evidence=Evidence(bucket=BUCKET, table="ledger", topic="topic", retention_days=400),
    restore=Restore(
        restored=f"{SOURCE}-restored-",
        old=f"{SOURCE}-old-",
        terraform=Terraform(var_file="environments/live.tfvars", workspace="live"),
    ),
)


class Clusters:
    """The door to RDS, which knows these clusters."""

    def __init__(self) -> None:
        self.all: dict[str, Cluster] = {}

    def cluster(self, name: str) -> Cluster | None:
        return self.all.get(name)


@pytest.fixture
def clusters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clusters]:
    found = Clusters()
    make: Any = boto3.client
    with mock_aws():
        s3 = make("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        monkeypatch.setattr(aws, "client", lambda _service: s3)
        monkeypatch.setattr(rds, "door", lambda: found)
        monkeypatch.setattr(runtime_settings, "current", lambda: SETTINGS)
        monkeypatch.setattr(runtime, "utc_now", lambda: restoration().opened_at)
        yield found


def written(strategy: Strategy = "repoint") -> dict[str, Any]:
    asked = restoration(strategy)
    step = {
        "state": "WriteHandover",
        "entered_at": payload.instant(asked.opened_at),
        "retries": 0,
        "execution": asked.execution,
        "execution_started_at": payload.instant(asked.opened_at),
    }
    told = {"restoration": asked, "blueprint": blueprint(), "before": before()}
    return write_handover.handler({"step": step, **payload.write(told)}, None)


def content(key: str) -> str:
    return str(aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())


def test_a_repointed_restore_stores_script_rules_imports_and_the_change_of_variables(clusters: Clusters) -> None:
    clusters.all = {TARGET: live()}
    told = written()
    assert {name: content(key) for name, key in told["files"].items()}.keys() == {
        "README.md",
        "handover.sh",
        "handover.json",
        "runner.sh",
        "zzz_handover_override.tf",
        "state_operations.py",
        "plan_guard.py",
        "imports.tf",
        "changes.tfvars",
    }
    assert told["files"]["README.md"] == f"restores/{SOURCE}/{ID}/terraform/README.md"
    assert content(told["files"]["changes.tfvars"]) == f'aurora_cluster_identifier = "{TARGET}"\n'
    assert f'  to = {CLUSTER}\n  id = "{TARGET}"\n' in content(told["files"]["imports.tf"])
    assert content(told["files"]["imports.tf"]).count("import {") == 3


def test_the_script_is_told_the_settings_of_the_environment(clusters: Clusters) -> None:
    clusters.all = {TARGET: live()}
    document = json.loads(content(written()["files"]["handover.json"]))
    assert document["var_file"] == "environments/live.tfvars"
    assert document["workspace"] == "live"
    assert document["cluster"]["resource_id"] == "cluster-RESTORED"
    assert document["instances"]["ids"] == [f"{TARGET}-1", f"{TARGET}-2"]


def test_the_summary_page_leads_from_the_warnings_to_the_commands(clusters: Clusters) -> None:
    clusters.all = {TARGET: live(kms_key="another key")}
    told = written()
    page = content(told["files"]["README.md"])
    for warning in told["warnings"]:
        assert warning in page
    assert f"s3://{BUCKET}/restores/{SOURCE}/{ID}/terraform/" in page
    assert "handover.sh rehearse" in page
    assert "| kms_key_id | " in page
    assert "ignore_changes = [availability_zones, restore_to_point_in_time, snapshot_identifier]" in page


def test_swapped_names_bring_no_imports_and_no_variables(clusters: Clusters) -> None:
    clusters.all = {SOURCE: live(SOURCE)}
    told = written("swap-identifiers")
    assert not {"imports.tf", "changes.tfvars"} & told["files"].keys()
    assert "imports.tf" not in content(told["files"]["README.md"])


def test_asked_again_it_stores_the_same(clusters: Clusters) -> None:
    clusters.all = {TARGET: live()}
    first = written()
    kept = {name: content(key) for name, key in first["files"].items()}
    clusters.all = {TARGET: replace(live(), members=tuple(reversed(live().members)))}
    second = written()
    assert {name: content(key) for name, key in second["files"].items()} == kept


def test_a_database_that_does_not_serve_under_its_name_is_not_handed_over(clusters: Clusters) -> None:
    clusters.all = {}
    with pytest.raises(RequestRefused, match=TARGET):
        written()


@pytest.mark.parametrize(
    ("text", "hcl"),
    [
        ("coder-prod-aurora", '"coder-prod-aurora"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("${file(1)}%{if}", '"$${file(1)}%%{if}"'),
        ("a\nb", '"a\\nb"'),
    ],
)
def test_a_name_is_a_string_of_hcl_and_no_template(text: str, hcl: str) -> None:
    assert quoted(text) == hcl
