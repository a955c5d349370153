r"""A pipeline that hands a restored database over to the team's Terraform: state and plan, approval, exactly that plan.

It is started by hand with the handover's folder, never by a push:

    aws codepipeline start-pipeline-execution --name coder-day2-prod-terraform \
      --variables name=HANDOVER,value=restores/coder-prod-aurora/20261123-0a1b2c3d/terraform
"""

from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.constructs.log_groups import log_group
from cdk.constructs.roles import role
from cdk.findings import accept
from cdk.names import Names
from cdk.permissions.terraform import APPLY, PLAN, orchestrate, run_job
from cdk.settings import TerraformRunner as RunnerSettings

_BUILDSPECS = Path(__file__).resolve().parents[1] / "buildspecs"
_VARIABLE = "HANDOVER"
_IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
_JOB_MINUTES = 60
_KEPT_DAYS = 30
_ROLES = {PLAN: "plan_role", APPLY: "apply_role"}


class TerraformRunner(Construct):
    """The pipeline `names.terraform`; `roles` are its jobs', whom the settings' roles have to trust."""

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, runner: RunnerSettings, evidence_key: str
    ) -> None:
        """`evidence_key` is the ARN of the evidence's KMS key."""
        super().__init__(scope, construct_id)
        self._names, self._runner, self._evidence_key = names, runner, evidence_key
        self._of_this_account = {"StringEquals": {"aws:SourceAccount": names.settings.aws.account}}
        self.roles: dict[str, iam.IRole] = {}
        self._key = kms.Key(
            self,
            "Key",
            description="Encrypts the plans and states of handovers to Terraform",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self._bucket = self._artifacts()
        for job in (PLAN, APPLY):
            self._job(job)
        self.pipeline = self._pipeline()

    def _artifacts(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Artifacts",
            bucket_name=self._names.terraform_bucket,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self._key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(_KEPT_DAYS), noncurrent_version_expiration=Duration.days(_KEPT_DAYS)
                )
            ],
            removal_policy=RemovalPolicy.RETAIN,  # the state before a handover is in it
        )
        accept(
            bucket,
            "S1",
            reason="The artifacts of a pipeline end after a month; CloudTrail tells who ran it and who approved.",
        )
        return bucket

    def _job(self, job: str) -> None:
        names, runner = self._names, self._runner
        variables = {
            "EVIDENCE_BUCKET": names.bucket,
            "KEPT_BUCKET": names.terraform_bucket,
            "TERRAFORM_FOLDER": runner.folder,
            "TERRAFORM_ROLE": getattr(runner, _ROLES[job]),
            "TERRAFORM_SHA256": runner.terraform_sha256,
            "TERRAFORM_VERSION": runner.terraform_version,
            "TF_IN_AUTOMATION": "1",
            "TF_WORKSPACE": names.settings.restore.terraform.workspace if names.settings.restore else "default",
        }
        name = names.terraform_job(job)
        log = log_group(
            self,
            f"{job.title()}Log",
            name=names.terraform_job_log_group(job),
            days=names.settings.watch.log_retention_days,
        )
        service_role = role(
            self,
            f"{job.title()}Role",
            service="codebuild",
            description=f"The Terraform {job} job: runs the handover in the team's repository.",
            trust=self._of_this_account,
            statements=run_job(names, runner, job, artifacts_key=self._key.key_arn, evidence_key=self._evidence_key),
        )
        self.roles[job] = service_role
        codebuild.CfnProject(
            self,
            job.title(),
            name=name,
            description=f"Handover of a restored database to Terraform: {job}",
            service_role=service_role.role_arn,
            encryption_key=self._key.key_arn,
            artifacts=codebuild.CfnProject.ArtifactsProperty(type="CODEPIPELINE"),
            source=codebuild.CfnProject.SourceProperty(
                type="CODEPIPELINE", build_spec=(_BUILDSPECS / f"terraform-{job}.yml").read_text(encoding="utf-8")
            ),
            environment=codebuild.CfnProject.EnvironmentProperty(
                type="LINUX_CONTAINER",
                compute_type="BUILD_GENERAL1_SMALL",
                image=_IMAGE,
                privileged_mode=False,
                environment_variables=[
                    codebuild.CfnProject.EnvironmentVariableProperty(name=variable, value=value)
                    for variable, value in variables.items()
                ],
            ),
            logs_config=codebuild.CfnProject.LogsConfigProperty(
                cloud_watch_logs=codebuild.CfnProject.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=log.log_group_name
                )
            ),
            timeout_in_minutes=_JOB_MINUTES,
            concurrent_build_limit=1,
        )

    def _pipeline(self) -> codepipeline.CfnPipeline:
        names, runner = self._names, self._runner
        service_role = role(
            self,
            "Role",
            service="codepipeline",
            description="The Terraform pipeline: fetches the repository, runs its two jobs, asks in between.",
            trust=self._of_this_account,
            statements=orchestrate(names, runner, artifacts_key=self._key.key_arn, evidence_key=self._evidence_key),
        )
        source = _action(
            "Repository",
            "Source",
            "CodeStarSourceConnection",
            {
                "ConnectionArn": runner.connection,
                "FullRepositoryId": runner.repository,
                "BranchName": runner.branch,
                "DetectChanges": "false",  # a handover is asked for; a push is none
                "OutputArtifactFormat": "CODE_ZIP",
            },
            outputs=("Source",),
        )
        ask = _action(
            "Approve",
            "Approval",
            "Manual",
            {
                "NotificationArn": names.topic_arn,
                "CustomData": (
                    f"The plan for #{{variables.{_VARIABLE}}} is in the log of {names.terraform_job(PLAN)}. One that "
                    "destroyed or replaced a database would have been refused. Exactly this plan is applied."
                ),
            },
        )
        plan = self._run(PLAN, inputs=("Source",), outputs=("Planned",))
        apply = self._run(APPLY, inputs=("Source", "Planned"))
        stages = {"Fetch": source, "Plan": plan, "Approve": ask, "Apply": apply}
        return codepipeline.CfnPipeline(
            self,
            "Pipeline",
            name=names.terraform,
            pipeline_type="V2",
            execution_mode="QUEUED",  # two at once would hand over each other's state
            role_arn=service_role.role_arn,
            artifact_store=codepipeline.CfnPipeline.ArtifactStoreProperty(
                type="S3",
                location=self._bucket.bucket_name,
                encryption_key=codepipeline.CfnPipeline.EncryptionKeyProperty(type="KMS", id=self._key.key_arn),
            ),
            variables=[
                codepipeline.CfnPipeline.VariableDeclarationProperty(
                    name=_VARIABLE, description="The handover's folder in the evidence bucket: restores/.../terraform"
                )
            ],
            stages=[
                codepipeline.CfnPipeline.StageDeclarationProperty(name=name, actions=[action])
                for name, action in stages.items()
            ],
        )

    def _run(
        self, job: str, *, inputs: tuple[str, ...], outputs: tuple[str, ...] = ()
    ) -> codepipeline.CfnPipeline.ActionDeclarationProperty:
        told = f'[{{"name":"{_VARIABLE}","value":"#{{variables.{_VARIABLE}}}","type":"PLAINTEXT"}}]'
        configuration = {
            "ProjectName": self._names.terraform_job(job),
            "PrimarySource": "Source",
            "EnvironmentVariables": told,
        }
        return _action(job.title(), "Build", "CodeBuild", configuration, inputs=inputs, outputs=outputs)


def _action(  # noqa: PLR0913  what an action is made of
    name: str,
    category: str,
    provider: str,
    configuration: dict[str, str],
    *,
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
) -> codepipeline.CfnPipeline.ActionDeclarationProperty:
    return codepipeline.CfnPipeline.ActionDeclarationProperty(
        name=name,
        action_type_id=codepipeline.CfnPipeline.ActionTypeIdProperty(
            category=category, owner="AWS", provider=provider, version="1"
        ),
        configuration=configuration,
        input_artifacts=[codepipeline.CfnPipeline.InputArtifactProperty(name=each) for each in inputs],
        output_artifacts=[codepipeline.CfnPipeline.OutputArtifactProperty(name=each) for each in outputs],
    )
