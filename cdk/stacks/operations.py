"""The operations stack: everything that runs. It may be replaced at any time."""

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from cdk import permissions, runtime_settings
from cdk.constructs.functions import Functions
from cdk.constructs.network import Isolation
from cdk.constructs.scaling_signals import ScalingSignals
from cdk.constructs.starts import CleanUpAfterDeath, Undelivered, drills_by_the_clock, scalings_by_the_clock
from cdk.constructs.terraform_runner import TerraformRunner
from cdk.constructs.workflow import Workflow
from cdk.names import DRILL, READY, RESTORE, RETIRE, SCALE, SWEEP, Names

_ROLES_OF = {
    "coder-day2-drills": "KubernetesRoles",
    "coder-day2-restores": "KubernetesRestoreRoles",
    "coder-day2-scalings": "KubernetesScalingRoles",
}


class OperationsStack(Stack):
    """Functions, workflows, and what starts them."""

    def __init__(self, scope: Construct, *, names: Names, evidence_key: str, version: str) -> None:
        aws = names.settings.aws
        super().__init__(
            scope,
            names.stack("operations"),
            description="coder-day2: restore drills, the sweep, platform restores, scaling",
            env=Environment(account=aws.account, region=aws.region),
        )
        isolation = Isolation(self, "Isolation", names=names)
        undelivered = Undelivered(self, "Undelivered", names=names).queue
        functions = Functions(
            self,
            "Steps",
            undelivered=undelivered,
            names=names,
            isolation=isolation,
            evidence_key=evidence_key,
            settings=runtime_settings.document(
                names, version=version, copy_group=isolation.copy_group, verifier_group=isolation.verifier_group
            ),
        )
        drill = Workflow(self, "Drill", workflow=DRILL, names=names, functions=functions.by_step).machine
        sweep = Workflow(self, "Sweep", workflow=SWEEP, names=names, functions=functions.by_step).machine
        if names.settings.restore:
            restore = Workflow(self, "Restore", workflow=RESTORE, names=names, functions=functions.by_step).machine
            retire = Workflow(self, "Retire", workflow=RETIRE, names=names, functions=functions.by_step).machine
            CfnOutput(self, "RestoreMachine", value=restore.state_machine_arn)
            CfnOutput(self, "RetireMachine", value=retire.state_machine_arn)
            CfnOutput(self, "AnswerFunction", value=functions.by_step["AnswerApproval"].function_name)
            if runner := names.settings.restore.terraform.runner:
                terraform = TerraformRunner(self, "Terraform", names=names, runner=runner, evidence_key=evidence_key)
                CfnOutput(self, "TerraformPipeline", value=names.terraform)
                CfnOutput(self, "TerraformRoles", value=",".join(each.role_arn for each in terraform.roles.values()))
        drills_by_the_clock(self, names=names, undelivered=undelivered).node.add_dependency(drill, sweep)
        if scaling := names.settings.scaling:
            scale = Workflow(self, "Scale", workflow=SCALE, names=names, functions=functions.by_step).machine
            scalings = scalings_by_the_clock(self, names=names, scaling=scaling, undelivered=undelivered)
            ready = Workflow(self, "ReadyCheck", workflow=READY, names=names, functions=functions.by_step).machine
            scalings.node.add_dependency(scale, ready)
            ScalingSignals(
                self,
                "Signals",
                names=names,
                scaling=scaling,
                functions=functions.by_step,
                undelivered=undelivered,
                key=evidence_key,
            )
            CfnOutput(self, "ScaleMachine", value=scale.state_machine_arn)
        CleanUpAfterDeath(self, "CleanUp", names=names, drill=drill, sweep=sweep, undelivered=undelivered)
        CfnOutput(self, "DrillMachine", value=drill.state_machine_arn)
        CfnOutput(self, "SweepMachine", value=sweep.state_machine_arn)
        for group, steps in permissions.kubernetes_groups(names).items():
            CfnOutput(
                self,
                _ROLES_OF[group],
                value=",".join(functions.roles[step].role_arn for step in steps),
                description=f"Need an EKS access entry each, in the Kubernetes group {group}",
            )
        CfnOutput(self, "Source", value=names.settings.source.cluster)
        CfnOutput(self, "CopySecurityGroup", value=isolation.copy_group)
