"""What every function needs of its surroundings: its log, the VPC, the network's facts, Kubernetes' address."""

from cdk.names import Names
from cdk.permissions.statement import Statement
from lambdas.steps import Step


def own_log(step: Step, names: Names) -> Statement:
    return Statement(
        sid="WriteOwnLog",
        actions=("logs:CreateLogStream", "logs:PutLogEvents"),
        resources=(f"{names.arn('logs', f'log-group:{names.function_log_group(step)}')}:*",),
        why="The streams of this function's own log group, whose names Lambda makes up.",
    )


TRACING = Statement(
    sid="Trace",
    actions=("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    resources=("*",),
    why="X-Ray's write actions take no resource; they add segments and read nothing.",
)
_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_JOIN = Statement(
    sid="JoinTheVpc",
    actions=(*_INTERFACES, "ec2:DescribeSubnets"),
    resources=("*",),
    why="Lambda places the function's network interfaces with it before any of them exists to be named.",
)


def join_the_vpc(step: Step, names: Names) -> tuple[Statement, ...]:
    """What Lambda needs to place a function in the VPC, and that the function's own code does not get it."""
    return (
        _JOIN,
        Statement(
            sid="LeaveTheVpcAlone",
            effect="Deny",
            actions=_INTERFACES,
            resources=("*",),
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": names.function_arn(step)}},
            why="Only the Lambda service needs the interfaces; the function's own code may not touch them.",
        ),
    )


def look_at_network(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtTheNetwork",
            actions=("ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups"),
            resources=("*",),
            why="EC2's describes take no resource; isolation is proven from what they show.",
        ),
    )


def kubernetes(names: Names) -> tuple[Statement, ...]:
    kubernetes = names.settings.kubernetes
    if kubernetes is None:
        return ()
    return (
        Statement(
            sid="FindTheKubernetesApi",
            actions=("eks:DescribeCluster",),
            resources=(names.arn("eks", f"cluster/{kubernetes.cluster}"),),
            why="The endpoint and certificate of the one cluster; what may be done there is Kubernetes' own RBAC.",
        ),
    )
