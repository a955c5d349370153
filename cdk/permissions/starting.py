"""Who runs the steps and starts the workflows: the state machines, Scheduler, EventBridge."""

from cdk.names import Names
from cdk.permissions.statement import Statement
from lambdas.steps import BY_NAME


def run_workflow(names: Names, steps: list[str]) -> tuple[Statement, ...]:
    """What a state machine may do whose definition names these steps."""
    return (
        Statement(
            sid="RunItsSteps",
            actions=("lambda:InvokeFunction",),
            resources=tuple(names.function_arn(BY_NAME[step]) for step in steps),
            why="The functions that this workflow's definition names.",
        ),
        Statement(
            sid="DeliverItsLog",
            actions=(
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ),
            resources=("*",),
            why="Log delivery is set up for the account; its actions take no resource.",
        ),
        Statement(
            sid="TraceItsRun",
            actions=(
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ),
            resources=("*",),
            why="X-Ray's actions for services take no resource; they add segments and read sampling rules.",
        ),
    )


def start(names: Names, *workflows: str) -> Statement:
    """Starting these workflows."""
    return Statement(
        sid="StartWorkflows",
        actions=("states:StartExecution",),
        resources=tuple(names.machine_arn(each) for each in workflows),
        why="The workflows that this starts.",
    )


def keep_undelivered(names: Names) -> Statement:
    """Putting a start that failed into its queue."""
    return Statement(
        sid="KeepTheUndelivered",
        actions=("sqs:SendMessage",),
        resources=(names.arn("sqs", names.undelivered),),
        why="The queue of starts that could not be delivered.",
    )
