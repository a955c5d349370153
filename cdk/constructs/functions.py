"""One Lambda function for each step of the catalogue, each with its own role and log group."""

from collections.abc import Mapping

from aws_cdk import AssetHashType, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk import bundles, permissions
from cdk.constructs.log_groups import log_group
from cdk.constructs.network import Isolation
from cdk.constructs.roles import role
from cdk.findings import accept
from cdk.names import Names
from lambdas.steps import STEPS, Bundle, Step


class Functions(Construct):
    """`by_step` holds every function by its step's name, `roles` its role."""

    def __init__(  # noqa: PLR0913  what a function is made of, each by its name
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        isolation: Isolation,
        settings: str,
        evidence_key: str,
        undelivered: sqs.IQueue,
    ) -> None:
        """`settings` is the JSON of `DAY2_SETTINGS`; `evidence_key` the ARN of the evidence's KMS key.

        `undelivered` keeps the events on which the functions of alarms failed for good, and an alarm looks at it.
        """
        super().__init__(scope, construct_id)
        self._names = names
        self._code = {name: _code(name) for name in bundles.LEFT_OUT}
        self._vpc = isolation.vpc
        self._undelivered = undelivered
        self._groups = [
            ec2.SecurityGroup.from_security_group_id(self, "VerifierGroup", isolation.verifier_group, mutable=False)
        ]
        self._environment = {
            "DAY2_SETTINGS": settings,
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        self.roles: dict[str, iam.IRole] = {}
        self.by_step: Mapping[str, lambda_.IFunction] = {
            step.name: self._function(step, evidence_key=evidence_key) for step in deployed(names)
        }

    def _function(self, step: Step, *, evidence_key: str) -> lambda_.Function:
        names = self._names
        inside = step.bundle == "inside"
        self.roles[step.name] = role(
            self,
            f"{step.name}Role",
            service="lambda",
            description=f"{step.name}: {step.does}",
            statements=permissions.statements(step, names, evidence_key=evidence_key),
        )
        function = lambda_.Function(
            self,
            step.name,
            function_name=names.function(step),
            description=step.does,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=self._code[step.bundle],
            handler=step.handler,
            timeout=Duration.seconds(step.timeout_seconds),
            memory_size=step.memory_mb,
            environment=self._environment,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group(
                self,
                f"{step.name}Log",
                name=names.function_log_group(step),
                days=names.settings.watch.log_retention_days,
            ),
            role=self.roles[step.name],
            vpc=self._vpc if inside else None,
            security_groups=self._groups if inside else None,
        )
        if step.name in permissions.KEEPS_WHAT_FAILED:
            # Not by `dead_letter_queue`, which would write a policy of its own into the role.
            resource = function.node.default_child
            assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101  what the construct is made of
            resource.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(
                target_arn=self._undelivered.queue_arn
            )
        accept(
            function,
            "L1",
            reason=f"{step.name}: runs on the Python that its locked dependencies are resolved for, as in bundles.py.",
        )
        return function


def deployed(names: Names) -> tuple[Step, ...]:
    """The steps of this environment: those of a restore and of a scaling only where there is what they are for."""
    left_out: frozenset[str] = frozenset()
    if not names.settings.restore:
        left_out |= permissions.restore_steps() | permissions.retire_steps()
    if not names.settings.scaling:
        left_out |= permissions.scale_steps()
    return tuple(step for step in STEPS if step.name not in left_out)


def _code(name: Bundle) -> lambda_.Code:
    bundle = bundles.make(name)
    return lambda_.Code.from_asset(str(bundle.folder), asset_hash=bundle.digest, asset_hash_type=AssetHashType.CUSTOM)
