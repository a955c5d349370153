"""Every name and ARN of one environment, as plain text: what a permission says can be read in the template."""

import re
from dataclasses import dataclass
from typing import Literal

from cdk.settings import EnvironmentSettings
from lambdas.steps import Step

DRILL, SWEEP, RESTORE, RETIRE = "dr-drill", "sweep", "platform-restore", "retire"
SCALE, READY = "scale", "ready-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of what is deployed, and of what it may touch."""

    settings: EnvironmentSettings

    @property
    def environment(self) -> str:
        return self.settings.environment

    @property
    def prefix(self) -> str:
        """What the name of everything deployed begins with."""
        return f"coder-day2-{self.environment}"

    def stack(self, lifecycle: str) -> str:
        return f"{self.prefix}-{lifecycle}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in this environment's account and Region."""
        aws = self.settings.aws
        return f"arn:{self.partition}:{service}:{aws.region}:{aws.account}:{resource}"

    @property
    def partition(self) -> str:
        match self.settings.aws.region.split("-")[:2]:
            case ["cn", _]:
                return "aws-cn"
            case ["us", "gov"]:
                return "aws-us-gov"
            case _:
                return "aws"

    # What is deployed.

    @property
    def bucket(self) -> str:
        return f"{self.prefix}-evidence-{self.settings.aws.account}-{self.settings.aws.region}"

    @property
    def access_log_bucket(self) -> str:
        return f"{self.prefix}-access-{self.settings.aws.account}-{self.settings.aws.region}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def table(self) -> str:
        return f"{self.prefix}-drills"

    @property
    def table_arn(self) -> str:
        return self.arn("dynamodb", f"table/{self.table}")

    @property
    def topic(self) -> str:
        return f"{self.prefix}-drills"

    @property
    def topic_arn(self) -> str:
        return self.arn("sns", self.topic)

    def function(self, step: Step) -> str:
        return f"{self.prefix}-{step.file.replace('_', '-')}"

    def function_arn(self, step: Step) -> str:
        return self.arn("lambda", f"function:{self.function(step)}")

    def function_log_group(self, step: Step) -> str:
        return f"/aws/lambda/{self.function(step)}"

    def machine(self, workflow: str) -> str:
        return f"{self.prefix}-{workflow}"

    def machine_arn(self, workflow: str) -> str:
        return self.arn("states", f"stateMachine:{self.machine(workflow)}")

    def machine_log_group(self, workflow: str) -> str:
        # The prefix keeps many groups from filling up the account's one resource policy of log delivery.
        return f"/aws/vendedlogs/states/{self.machine(workflow)}"

    def executions_arn(self, workflow: str) -> str:
        return self.arn("states", f"execution:{self.machine(workflow)}:*")

    @property
    def schedule_group(self) -> str:
        return self.prefix

    @property
    def scaling_schedule_group(self) -> str:
        return f"{self.prefix}-scaling"

    @property
    def alarm_topic(self) -> str:
        """Where our alarms of node groups go, to be routed: not where people are told."""
        return f"{self.prefix}-scaling"

    @property
    def alarm_topic_arn(self) -> str:
        return self.arn("sns", self.alarm_topic)

    def scaling_alarm(self, role: str, direction: Literal["out", "in"]) -> str:
        return f"{self.prefix}-scale-{direction}-{role}"

    @property
    def undelivered(self) -> str:
        return f"{self.prefix}-undelivered"

    @property
    def terraform(self) -> str:
        """The pipeline that hands a restored database over to Terraform."""
        return f"{self.prefix}-terraform"

    @property
    def terraform_bucket(self) -> str:
        return f"{self.terraform}-{self.settings.aws.account}-{self.settings.aws.region}"

    @property
    def terraform_bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.terraform_bucket}"

    def terraform_job(self, job: str) -> str:
        """The CodeBuild project of `plan` or `apply`."""
        return f"{self.terraform}-{job}"

    def terraform_job_log_group(self, job: str) -> str:
        return f"/aws/codebuild/{self.terraform_job(job)}"

    # What it may touch.

    @property
    def kubernetes_name(self) -> str:
        """The EKS cluster; empty where the settings name none."""
        return self.settings.kubernetes.cluster if self.settings.kubernetes else ""

    @property
    def kubernetes_cluster(self) -> str:
        return self.arn("eks", f"cluster/{self.kubernetes_name}")

    @property
    def node_groups(self) -> dict[str, str]:
        """Role -> node group, of those that are scaled."""
        scaling = self.settings.scaling
        return {role: group.node_group for role, group in scaling.groups.items()} if scaling else {}

    @property
    def scaled_groups(self) -> tuple[str, ...]:
        """Their ARNs, which end in an id that EKS makes up."""
        groups = self.node_groups.values()
        return tuple(self.arn("eks", f"nodegroup/{self.kubernetes_name}/{group}/*") for group in groups)

    @property
    def source_cluster(self) -> str:
        return self.arn("rds", f"cluster:{self.settings.source.cluster}")

    def drills_own(self, kind: str) -> str:
        """Every resource of this kind (cluster, db, cluster-snapshot) that bears the drills' prefix."""
        return self.arn("rds", f"{kind}:{self.settings.copy_.prefix}-*")

    @property
    def restored_prefix(self) -> str:
        """What the names of clusters begin with that a platform restore makes beside the source."""
        return f"{self._platform}-restored-"

    @property
    def old_prefix(self) -> str:
        """What the names of clusters begin with that swap-identifiers has moved out of the way."""
        return f"{self._platform}-old-"

    @property
    def _platform(self) -> str:
        """The source's name; of one that was itself restored, without that restore's ending: names do not grow."""
        return re.sub(r"-(restored|old)-\d{8}-[0-9a-f]{8}$", "", self.settings.source.cluster)

    def of_the_platform(self, kind: str) -> tuple[str, ...]:
        """Every resource of this kind (cluster, db) of the platform: its first ones, restored ones, those set aside."""
        first = self._platform if kind == "cluster" else f"{self._platform}-*"
        return (self.arn("rds", f"{kind}:{first}"), self.restored(kind), self.set_aside(kind))

    @property
    def final_snapshots(self) -> str:
        """The last snapshots of the platform's clusters that were retired."""
        return self.arn("rds", f"cluster-snapshot:{self._platform}*-final-*")

    def restored(self, kind: str) -> str:
        """Every resource of this kind that a platform restore made beside the source."""
        return self.arn("rds", f"{kind}:{self.restored_prefix}*")

    def set_aside(self, kind: str) -> str:
        """Every resource of this kind that swap-identifiers has moved out of the way."""
        return self.arn("rds", f"{kind}:{self.old_prefix}*")

    @property
    def source_instances(self) -> str:
        """The source's instances, as far as they are named after it."""
        return self.arn("rds", f"db:{self.settings.source.cluster}-*")

    def secret(self, name: str) -> str:
        """A secret by its name; the six characters at its end are made up by AWS."""
        return self.arn("secretsmanager", f"secret:{name}-??????")

    @property
    def snapshot_patterns(self) -> tuple[str, ...]:
        """The names of snapshots that may be restored: automated, AWS Backup's, and manual ones as the settings say.

        IAM and the functions are told the same, so that no function chooses what IAM then refuses.
        """
        source = self.settings.source
        return (f"rds:{source.cluster}-*", "awsbackup:*", *source.manual_snapshots)

    @property
    def source_snapshots(self) -> tuple[str, ...]:
        """Every snapshot of such a name."""
        return tuple(self.arn("rds", f"cluster-snapshot:{pattern}") for pattern in self.snapshot_patterns)

    @property
    def managed_secrets(self) -> str:
        """The master secrets that RDS manages; whose they are is told by their tag only."""
        return self.arn("secretsmanager", "secret:rds!cluster-*")
