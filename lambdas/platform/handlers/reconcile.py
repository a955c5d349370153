"""Reconcile: which workspaces only the pods know, and which only the database. Nothing is deleted."""

from lambdas.contracts import Credentials
from lambdas.errors import (
    AccessRefused,
    DatabaseNotReachable,
    KubernetesUnavailable,
    RequestRefused,
    VerificationFailed,
)
from lambdas.platform.databases import Database
from lambdas.platform.place import Place
from lambdas.platform.reconciliation import WORKSPACE, compare, not_looked_at
from lambdas.restore_contracts import Reconciliation
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> Reconciliation:
    """Take `restoration` and `credentials` of the database that serves. What cannot be read is told as unknown."""
    try:
        place = Place(call.settings)
        pods = place.api.pods(place.settings.workspaces, WORKSPACE)
        return compare(pods, Database(call.take(Credentials, "credentials")).workspaces())
    except (AccessRefused, DatabaseNotReachable, KubernetesUnavailable, RequestRefused, VerificationFailed) as refusal:
        return not_looked_at(f"{refusal.resource}: {refusal.what}")
