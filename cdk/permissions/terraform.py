"""The pipeline that hands a restored database over to Terraform: its own role, and one for each of its two jobs.

The jobs read their handover, keep artifacts, and take on one role of the team's, as which Terraform works: what that
one may do is the team's to say. Neither job has any right in RDS of its own, nor can either pass the approval.
"""

from cdk.names import Names
from cdk.permissions.statement import Statement
from cdk.settings import TerraformRunner

PLAN, APPLY = "plan", "apply"
RESTORES = "restores"
"""Every restore's folder begins with it (`lambdas.handover.files`)."""


def every(names: Names) -> tuple[Statement, ...]:
    """All statements of an environment's pipeline; none where the settings ask for no pipeline."""
    runner = names.settings.restore.terraform.runner if names.settings.restore else None
    if runner is None:
        return ()
    jobs = [run_job(names, runner, job, artifacts_key="", evidence_key="") for job in (PLAN, APPLY)]
    return (*orchestrate(names, runner, artifacts_key="", evidence_key=""), *jobs[0], *jobs[1])


def orchestrate(
    names: Names, runner: TerraformRunner, *, artifacts_key: str, evidence_key: str
) -> tuple[Statement, ...]:
    """What the pipeline itself does: fetch the repository, start the jobs, ask for the approval."""
    topics = f"sns.{names.settings.aws.region}.amazonaws.com"
    return (
        Statement(
            sid="FetchTheRepository",
            actions=(f"{_service(runner)}:UseConnection",),
            resources=(runner.connection,),
            conditions={"ForAllValues:StringEquals": {f"{_service(runner)}:FullRepositoryId": runner.repository}},
            why="The one connection of the settings, for the one repository.",
        ),
        *_artifacts(names, artifacts_key, "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
        Statement(
            sid="LookAtTheArtifactsBucket",
            actions=("s3:GetBucketLocation", "s3:GetBucketVersioning"),
            resources=(names.terraform_bucket_arn,),
            why="CodePipeline looks whether its bucket keeps versions.",
        ),
        Statement(
            sid="RunTheJobs",
            actions=("codebuild:BatchGetBuilds", "codebuild:StartBuild"),
            resources=tuple(names.arn("codebuild", f"project/{names.terraform_job(job)}") for job in (PLAN, APPLY)),
            why="The two jobs.",
        ),
        Statement(
            sid="AskForTheApproval",
            actions=("sns:Publish",),
            resources=(names.topic_arn,),
            why="Whoever hears of restores hears that a plan is to be looked at.",
        ),
        Statement(
            sid="AskEncrypted",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=(evidence_key,),
            conditions={"StringEquals": {"kms:ViaService": topics}},
            why="The topic is encrypted with the evidence's key.",
        ),
    )


def run_job(
    names: Names, runner: TerraformRunner, job: str, *, artifacts_key: str, evidence_key: str
) -> tuple[Statement, ...]:
    """What the job `plan` or `apply` does."""
    role = runner.plan_role if job == PLAN else runner.apply_role
    storage = f"s3.{names.settings.aws.region}.amazonaws.com"
    return (
        Statement(
            sid="WriteOwnLog",
            actions=("logs:CreateLogStream", "logs:PutLogEvents"),
            resources=(f"{names.arn('logs', f'log-group:{names.terraform_job_log_group(job)}')}:*",),
            why="The streams of this job's own log group, whose names CodeBuild makes up.",
        ),
        *_artifacts(names, artifacts_key, "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
        Statement(
            sid="ReadHandovers",
            actions=("s3:GetObject",),
            resources=(f"{names.bucket_arn}/{RESTORES}/*/terraform/*",),
            why="The handovers of restores, each of which has its own folder, and nothing else of their evidence.",
        ),
        Statement(
            sid="ListHandovers",
            actions=("s3:ListBucket",),
            resources=(names.bucket_arn,),
            conditions={"StringLike": {"s3:prefix": f"{RESTORES}/*/terraform/*"}},
            why="What files a handover has.",
        ),
        Statement(
            sid="ReadEncryptedHandovers",
            actions=("kms:Decrypt",),
            resources=(evidence_key,),
            conditions={"StringEquals": {"kms:ViaService": storage}},
            why="The evidence is encrypted with its key.",
        ),
        Statement(
            sid="WorkAsTerraform",
            actions=("sts:AssumeRole",),
            resources=(role,),
            why=f"The role of the settings as which Terraform does the {job}; another job cannot take it.",
        ),
    )


def _artifacts(names: Names, key: str, *actions: str) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="KeepArtifacts",
            actions=actions,
            resources=(f"{names.terraform_bucket_arn}/*",),
            why="The pipeline's own bucket, in which CodePipeline makes up the names. Nothing can be deleted.",
        ),
        Statement(
            sid="UseTheArtifactsKey",
            actions=("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
            resources=(key,),
            why="A plan and a state hold secrets: the key of that bucket, which encrypts nothing else.",
        ),
    )


def _service(runner: TerraformRunner) -> str:
    """The connection's service, as its ARN spells it: IAM takes the one for the other in neither direction."""
    return runner.connection.split(":")[2]
