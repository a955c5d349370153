"""The door to RDS: clusters, instances, snapshots and automated backups, as values of `lambdas.recovery.database`.

    calls.py    the calls, and what their refusals mean
    orders.py   what RDS is asked for, in its own words
    items.py    what RDS tells, as values

"Not found" is an answer here (None, or nothing in the tuple), never an error. Every other refusal is one of ours.
"""

from lambdas.adapters.rds.calls import Rds, door

__all__ = ["Rds", "door"]
