"""What each step may do, as a table: step name -> rows of statements. No step has more than its own.

Two walls stand between a drill and production, and either would do: Allow statements reach only names under the
drills' prefix (and, for a change, only what bears the drills' tags), and every role that changes anything in RDS
carries the Deny statements of `database.guard`, which hold even if someone attaches a broader policy to it.
"""

from collections.abc import Mapping

from cdk.names import Names
from cdk.permissions import database, evidence, starting, surroundings
from cdk.permissions.statement import Row, Statement
from lambdas.steps import BY_NAME, STEPS, Step

TABLE: Mapping[str, tuple[Row, ...]] = {
    "OpenDrill": (database.look, evidence.claim),
    "ChooseRecoveryPoint": (database.look,),
    "RestoreCluster": (database.look, database.restore),
    "AwaitCluster": (database.look,),
    "AddInstance": (database.look, database.add_instance),
    "AwaitInstance": (database.look,),
    "ResetCredentials": (database.look, database.reset_credentials),
    "AwaitCredentials": (database.look,),
    "CreateNamespace": (surroundings.kubernetes,),
    "ProveIsolation": (database.look, surroundings.look_at_network),
    "PlanVerification": (database.read_managed_secret,),
    "RunChecks": (database.read_managed_secret,),
    "Judge": (evidence.read_baseline,),
    "DeleteDatabase": (database.look, database.look_at_secrets, database.delete),
    "DeleteNamespace": (surroundings.kubernetes,),
    "ProveNothingLeft": (database.look, database.look_at_secrets),
    "RecordEvidence": (evidence.close, evidence.write_records),
    "Announce": (evidence.announce,),
    "FindOrphans": (database.look, evidence.read_history, evidence.look_at_executions),
    "FindOrphanNamespaces": (surroundings.kubernetes,),
    "CloseSweep": (evidence.read_history,),
}
_USES_EVIDENCE_KEY = frozenset({"RecordEvidence", "Announce"})


def statements(step: Step, names: Names, *, evidence_key: str) -> tuple[Statement, ...]:
    """Everything the role of this step is allowed and denied. `evidence_key` is the ARN of the evidence's KMS key."""
    own = [surroundings.own_log(step, names), surroundings.TRACING]
    if step.bundle == "inside":
        own += surroundings.join_the_vpc(step, names)
    row = [statement for part in TABLE[step.name] for statement in part(names)]
    if step.name in _USES_EVIDENCE_KEY:
        row.append(evidence.use_key(names, evidence_key))
    guard = database.guard(names) if any(each.changes("rds") for each in row) else ()
    return (*own, *row, *guard)


def reasons(names: Names) -> dict[str, str]:
    """Why each statement is there, by its Sid."""
    of_steps = [each for step in STEPS for each in statements(step, names, evidence_key="")]
    of_others = [*starting.run_workflow(names, []), starting.start(names), starting.keep_undelivered(names)]
    return {each.sid: each.why for each in (*of_steps, *of_others)}


def kubernetes_steps() -> list[str]:
    """The steps that speak to the Kubernetes API, which needs to know their roles."""
    return [name for name, rows in TABLE.items() if surroundings.kubernetes in rows]


def unknown_steps() -> set[str]:
    """Steps without a row here, or rows without a step; a test keeps it empty."""
    return set(TABLE.keys() ^ BY_NAME.keys())
