"""What RDS answers when it refuses."""


class Fault(Exception):
    """A refusal with the error code that RDS gives, such as `DBClusterNotFoundFault`."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


def cluster_not_found(name: str) -> Fault:
    return Fault("DBClusterNotFoundFault", f"DBCluster {name} not found.")


def instance_not_found(name: str) -> Fault:
    return Fault("DBInstanceNotFound", f"DBInstance {name} not found.")


def snapshot_not_found(name: str) -> Fault:
    return Fault("DBClusterSnapshotNotFoundFault", f"DBClusterSnapshot {name} not found.")


def backup_not_found(resource: str) -> Fault:
    return Fault("DBClusterAutomatedBackupNotFoundFault", f"DBCluster automated backup {resource} not found.")


def cluster_state(message: str) -> Fault:
    return Fault("InvalidDBClusterStateFault", message)


def combination(message: str) -> Fault:
    return Fault("InvalidParameterCombination", message)


def value(message: str) -> Fault:
    return Fault("InvalidParameterValue", message)
