"""A state machine from its ASL file, as it stands in `statemachines/`."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk.constructs.log_groups import log_group
from cdk.constructs.roles import role
from cdk.names import Names
from cdk.permissions.starting import run_workflow

FOLDER = Path(__file__).resolve().parent.parent.parent / "statemachines"


class Workflow(Construct):
    """One workflow: machine, role, log."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflow: str,
        names: Names,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        asl = FOLDER / f"{workflow}.asl.json"
        used = sorted(name for name in functions if f"${{{name}}}" in asl.read_text(encoding="utf-8"))
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=names.machine(workflow),
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_file(str(asl)),
            definition_substitutions={name: functions[name].function_arn for name in used},
            role=role(
                self,
                "Role",
                service="states",
                description=f"The workflow {workflow}: runs its steps, writes its log.",
                trust={"StringEquals": {"aws:SourceAccount": names.settings.aws.account}},
                statements=run_workflow(names, used),
            ),
            # Inputs and outputs are logged too: no payload holds a secret or a row (safety rule 7), and at three in
            # the morning they are what an operator needs. Not where a task's token is among them: whoever may send
            # answers could use it.
            logs=sfn.LogOptions(
                destination=log_group(
                    self,
                    "Log",
                    name=names.machine_log_group(workflow),
                    days=names.settings.watch.log_retention_days,
                ),
                level=sfn.LogLevel.ALL,
                include_execution_data=".waitForTaskToken" not in asl.read_text(encoding="utf-8"),
            ),
            tracing_enabled=True,
        )
