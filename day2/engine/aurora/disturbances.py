"""What can be made to go wrong with databases, on order (`day2.engine.disturbances`)."""

from enum import StrEnum


class Disturbance(StrEnum):
    """Faults of Aurora."""

    RESTORE_FAILS = "restore-fails"
    """The next restored cluster ends in `failed`. One occasion."""
    INSTANCE_FAILS = "instance-fails"
    """The next instance ends in `failed`. One occasion."""
    DATABASE_UNREACHABLE = "database-unreachable"
    """The next cluster's first instance becomes available, but its endpoint does not answer. One occasion."""
    RESTORE_HANGS = "restore-hangs"
    """Restored clusters stay `creating`. Lasting."""
    SNAPSHOT_HANGS = "snapshot-hangs"
    """Snapshots stay `creating`. Lasting."""
    CREDENTIALS_HANG = "credentials-hang"
    """Managed secrets stay `creating`. Lasting."""
    DELETION_HANGS = "deletion-hangs"
    """Clusters stay `deleting`. Lasting."""
    RENAME_HANGS = "rename-hangs"
    """Clusters and instances stay `renaming`, at the new address already. Lasting."""
    DELETION_REFUSED = "deletion-refused"
    """The next DeleteDBCluster is answered with InternalFailure. One occasion."""
    THROTTLED = "throttled"
    """Every call is answered with Throttling. Lasting."""
