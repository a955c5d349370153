"""The embedded engine: the deployed system on one machine, without an AWS account, Docker or Node.

One process of the engine's own Python environment (`.venv-engine`) answers the AWS APIs: MiniStack, pinned, with the
extensions of `day2.engine.extensions` and `day2.engine.aurora`. It deploys the template that `cdk synth` made,
runs the Lambda bundles as they are, and puts real PostgreSQL behind the Aurora calls.

    settings.py, engine.py   start, find, stop an engine; nothing of it is left behind, after a crash either
    launcher.py              the engine's process: checks MiniStack, puts the extensions in place, serves
    extensions/              what MiniStack lacks, one module per gap
    assembly.py              deploys `cdk.out`
    aurora/, postgres/       Aurora's calls over PostgreSQL servers that are really backed up and restored
    fake_kubernetes/         a fake Kubernetes API behind the engine's EKS clusters; cluster_door.py is the way to it
    nodes/                   what stands behind node groups: instances that come, become nodes, and go;
                             node_groups.py builds the platform's
    workspaces.py            people who start and stop workspaces, queue builds: rows of Coder's and pods on nodes
    disturbances.py          faults on order
    fake_coder/              a fake Coder, which the fake's Deployments start and stop; coder.py installs it
    authority.py             the CA of the databases and of the fake

What a run on it proves: the order of states, their retries, catches and time-outs; data, as a backup is really
restored and really read; the permissions of the Lambda functions (below); the errors that reach an operator; that
nothing is left. What it cannot prove stands in `NOT_SHOWN`.

**Roles.** Every call of a function is checked against its role's policies: actions with wildcards, resource ARNs,
Deny before Allow, `aws:RequestTag`, `aws:TagKeys`, `aws:ResourceTag` (RDS, Secrets Manager, DynamoDB, KMS, Lambda,
SNS, SQS, SSM, IAM), `autoscaling:ResourceTag` (the groups of node groups), `aws:PrincipalArn` and the other keys of the
caller, and the policies of buckets, queues, topics, keys and secrets. An RDS call is checked on each resource that it
names. Not proven are:

- what services do by their own roles: the state machines, Scheduler and EventBridge start what they are told to,
  whatever their role allows; `iam:PassRole` is not asked for
- condition keys of services (`rds:ManageMasterUserPassword`, `kms:ViaService`, …), which are absent here: a
  `StringEquals` on one denies, an `IfExists` allows, a Deny that names one never holds
- the KMS permissions that RDS, S3 or DynamoDB need on the caller's behalf; and the key policies where no call is made
- service control policies, and the network side of endpoint policies
- Kubernetes permissions: every caller whom STS knows may do everything on the fake
"""

NOT_SHOWN: tuple[str, ...] = (
    "network reachability: security groups, subnets and endpoints are described, not enforced",
    "the roles of Scheduler, EventBridge and the state machines themselves; key policies where a service acts for you",
    "Aurora's own storage and times: PostgreSQL stands in, phases take fractions of seconds, readers share the writer",
    "the VPC's TLS: the AWS endpoint is plain HTTP on loopback (the database's TLS is real and verified)",
    "time zones of schedules and their flexible windows; deliveries that fail and end in the dead-letter queue",
    "alarms that ring because time alone has passed, composite alarms, traces",
    "service quotas, throttling by AWS, and cold starts in a VPC",
    "Lambda's arm64 and Python 3.13: functions run under this machine's Python",
    "Kubernetes itself: the API is a fake, pods find nodes by their number only, no NetworkPolicy is enforced",
    "Coder itself: a fake answers from the database; it migrates nothing, builds nothing and runs no workspace",
    "Object Lock over years, and costs: both are computed, not lived through",
)
"""What no run on the engine proves about AWS, one line each, for wherever its result is shown."""
