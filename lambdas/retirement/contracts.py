"""What the steps of a retirement hand to one another. The rules are those of `lambdas.contracts`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["retired", "kept", "unfinished"]
"""How a retirement ends.

retired     the cluster and its instances are gone; its final snapshot and its automated backups stay
kept        nothing of it was deleted, though a final snapshot may have been taken
unfinished  its deletion was begun and not seen to end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """One retirement, as `OpenRetirement` named it.

    id           `YYYYMMDD-` and 8 hexadecimal digits, from the execution: a retry or redrive names the same
    resource_id  the cluster that was meant, whoever bears its name later
    instances    their names when it was opened
    endpoint     its own, empty when it tells none
    hosts        where somebody could be connected: the instances' endpoints; empty when it has none
    successor    the cluster of the platform that the connection secret names
    snapshot     the name of the final snapshot
    """

    id: str
    environment: str
    cluster: str
    resource_id: str
    execution: str
    opened_at: datetime
    started_by: str
    reason: str
    ticket: str
    dry_run: bool
    successor: str
    snapshot: str
    instances: tuple[str, ...] = ()
    endpoint: str = ""
    hosts: tuple[str, ...] = ()
    port: int = 5432
