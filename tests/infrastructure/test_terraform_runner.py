"""The pipeline that hands a restored database over: nothing applied unseen, nothing reached that need not be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from cdk.environments import SettingsError, check
from cdk.names import Names
from cdk.permissions import reasons
from infrastructure.iam import Role, request, role_of
from infrastructure.templates import resolve

pytestmark = pytest.mark.xdist_group("templates")

RUNNER = {
    "connection": "arn:aws:codeconnections:eu-central-1:111122223333:connection/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "repository": "example/platform",
    "folder": "terraform",
    "plan_role": "arn:aws:iam::111122223333:role/terraform-plan",
    "apply_role": "arn:aws:iam::111122223333:role/terraform-apply",
    "terraform_version": "1.11.4",
    "terraform_sha256": "0" * 64,
}
EVIDENCE = "arn:aws:s3:::coder-day2-prod-evidence-111122223333-eu-central-1"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/evidence"
RDS = "arn:aws:rds:eu-central-1:111122223333"
VIA_S3 = {"kms__ViaService": "s3.eu-central-1.amazonaws.com"}


def with_runner(tables: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    restore = dict(tables["restore"])
    restore["terraform"] = {**restore.get("terraform", {}), "runner": {**RUNNER, **other}}
    return {**tables, "restore": restore}


@dataclass(frozen=True)
class Template:
    """The runner's part of a template, functions resolved."""

    resources: Mapping[str, Mapping[str, Any]]

    def of_type(self, kind: str) -> list[Mapping[str, Any]]:
        return [each["Properties"] for each in self.resources.values() if each["Type"] == kind]

    @property
    def stages(self) -> Mapping[str, Mapping[str, Any]]:
        (pipeline,) = self.of_type("AWS::CodePipeline::Pipeline")
        return {each["Name"]: each["Actions"][0] for each in pipeline["Stages"]}

    def role(self, name: str) -> Role:
        return {each.name: each for each in map(role_of, self.of_type("AWS::IAM::Role"))}[name]


@pytest.fixture(scope="module")
def template() -> Template:
    import tomllib  # noqa: PLC0415

    from aws_cdk import App, Environment, Stack  # noqa: PLC0415  starts Node
    from aws_cdk.assertions import Template as Synthesized  # noqa: PLC0415

    from cdk import assembly, environments  # noqa: PLC0415
    from cdk.constructs.terraform_runner import TerraformRunner  # noqa: PLC0415

    tables = tomllib.loads((environments.FOLDER / "prod.toml").read_text(encoding="utf-8"))
    names = Names(settings=check(with_runner(tables), environment="prod"))
    assert names.settings.restore
    runner = names.settings.restore.terraform.runner
    assert runner
    app = App(analytics_reporting=False)
    stack = Stack(app, "Runner", env=Environment(account="111122223333", region="eu-central-1"))
    TerraformRunner(stack, "Terraform", names=names, runner=runner, evidence_key=KEY)
    assembly.inspect(app)  # cdk-nag refuses the synthesis of what nobody accepted
    return Template(
        {name: resolve(each) for name, each in Synthesized.from_stack(stack).to_json()["Resources"].items()}
    )


def test_a_plan_is_looked_at_by_a_person_before_it_is_applied(template: Template) -> None:
    assert list(template.stages) == ["Fetch", "Plan", "Approve", "Apply"]
    assert template.stages["Approve"]["ActionTypeId"]["Category"] == "Approval"


def test_the_apply_gets_the_plan_that_was_approved_and_the_same_commit(template: Template) -> None:
    planned = [each["Name"] for each in template.stages["Plan"]["OutputArtifacts"]]
    applied = [each["Name"] for each in template.stages["Apply"]["InputArtifacts"]]
    assert applied == ["Source", *planned]


def test_no_push_hands_anything_over(template: Template) -> None:
    assert template.stages["Fetch"]["Configuration"]["DetectChanges"] == "false"


def test_two_handovers_do_not_run_at_once(template: Template) -> None:
    (pipeline,) = template.of_type("AWS::CodePipeline::Pipeline")
    assert pipeline["ExecutionMode"] == "QUEUED"
    assert {each["ConcurrentBuildLimit"] for each in template.of_type("AWS::CodeBuild::Project")} == {1}


def test_every_handover_is_named_by_who_starts_it(template: Template) -> None:
    for stage in ("Plan", "Apply"):
        (variable,) = json.loads(template.stages[stage]["Configuration"]["EnvironmentVariables"])
        assert variable["value"] == "#{variables.HANDOVER}"


def test_each_job_works_as_its_own_role_of_the_team_and_no_other(template: Template) -> None:
    plan, apply = template.role("Terraform plan job"), template.role("Terraform apply job")
    assert plan.may(request("sts:AssumeRole", RUNNER["plan_role"]))
    assert apply.may(request("sts:AssumeRole", RUNNER["apply_role"]))
    assert not plan.may(request("sts:AssumeRole", RUNNER["apply_role"]))
    assert not apply.may(request("sts:AssumeRole", "arn:aws:iam::111122223333:role/admin"))


@pytest.mark.parametrize("role", ["Terraform plan job", "Terraform apply job", "Terraform pipeline"])
@pytest.mark.parametrize("action", ["rds:DeleteDBCluster", "rds:ModifyDBCluster", "rds:DescribeDBClusters"])
def test_none_of_it_has_a_right_in_rds(template: Template, role: str, action: str) -> None:
    assert not template.role(role).may(request(action, f"{RDS}:cluster:coder-prod-aurora"))


@pytest.mark.parametrize("role", ["Terraform plan job", "Terraform apply job"])
def test_a_job_reads_handovers_and_nothing_else_of_the_evidence(template: Template, role: str) -> None:
    job = template.role(role)
    folder = f"{EVIDENCE}/restores/coder-prod-aurora/20261123-0a1b2c3d"
    assert job.may(request("s3:GetObject", f"{folder}/terraform/handover.sh"))
    assert job.may(request("kms:Decrypt", KEY, **VIA_S3))
    assert not job.may(request("s3:GetObject", f"{folder}/record.json"))
    assert not job.may(request("s3:PutObject", f"{folder}/terraform/handover.sh"))
    assert not job.may(request("kms:GenerateDataKey", KEY, **VIA_S3))


@pytest.mark.parametrize("role", ["Terraform plan job", "Terraform apply job", "Terraform pipeline"])
def test_nobody_of_it_approves(template: Template, role: str) -> None:
    pipeline = "arn:aws:codepipeline:eu-central-1:111122223333:coder-day2-prod-terraform/Approve/Approve"
    assert not template.role(role).may(request("codepipeline:PutApprovalResult", pipeline))


def test_every_statement_is_explained_on_the_page_of_permissions(template: Template, tables: dict[str, Any]) -> None:
    explained = reasons(Names(settings=check(with_runner(tables), environment="prod")))
    for role in map(role_of, template.of_type("AWS::IAM::Role")):
        assert {each["Sid"] for each in role.statements} <= explained.keys()


def test_plans_and_states_are_encrypted_private_and_end(template: Template) -> None:
    (bucket,) = template.of_type("AWS::S3::Bucket")
    default = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "aws:kms"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 30


def test_a_job_is_told_no_secret(template: Template) -> None:
    for job in template.of_type("AWS::CodeBuild::Project"):
        told = {each["Name"] for each in job["Environment"]["EnvironmentVariables"]}
        assert told == {
            "EVIDENCE_BUCKET", "KEPT_BUCKET", "TERRAFORM_FOLDER", "TERRAFORM_ROLE", "TERRAFORM_SHA256",
            "TERRAFORM_VERSION", "TF_IN_AUTOMATION", "TF_WORKSPACE",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("connection", "github"),
        ("repository", "platform"),
        ("folder", "/etc"),
        ("plan_role", "terraform-plan"),
        ("terraform_version", "latest"),
        ("terraform_sha256", "0"),
    ],
)
def test_a_runner_that_cannot_run_is_refused_with_its_path(tables: dict[str, Any], field: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check(with_runner(tables, **{field: value}), environment="prod")
    (problem,) = refused.value.problems
    assert problem.startswith(f"restore.terraform.runner.{field}: ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cluster", "module.aurora.aws_rds_cluster_instance.main"),
        ("cluster", "aws_rds_cluster.main; rm -rf /"),
        ("instances", "module.aurora.aws_rds_cluster_instance.main[0]"),
        ("var_file", "/etc/passwd"),
        ("identifier_variable", "a b"),
    ],
)
def test_an_address_that_terraform_would_not_take_is_refused(tables: dict[str, Any], field: str, value: str) -> None:
    restore = {**tables["restore"], "terraform": {field: value}}
    with pytest.raises(SettingsError, match=f"restore.terraform.{field}: "):
        check({**tables, "restore": restore}, environment="prod")


def test_an_address_in_a_module_with_for_each_is_taken(tables: dict[str, Any]) -> None:
    address = 'module.stack["prod"].module.aurora[0].aws_rds_cluster.main'
    settings = check(
        {**tables, "restore": {**tables["restore"], "terraform": {"cluster": address}}}, environment="prod"
    )
    assert settings.restore
    assert settings.restore.terraform.cluster == address
