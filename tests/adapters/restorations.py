"""A restore, for the tests of the doors that keep restores and approvals."""

from datetime import UTC, datetime, timedelta

from lambdas.restore_contracts import Restoration

NOW = datetime(2026, 11, 23, 10, 31, 7, tzinfo=UTC)
SOURCE = "coder-prod-aurora"
_MACHINE = "arn:aws:states:eu-west-1:111122223333:execution:platform-restore"
ONE, TWO, THREE = (f"{_MACHINE}:{name}" for name in ("one", "two", "three"))


def restoration(
    number: int = 1, *, opened_at: datetime = NOW, source: str = SOURCE, execution: str = ONE
) -> Restoration:
    """One restore of `source`."""
    name = f"{opened_at:%Y%m%d}-{number:08x}"
    return Restoration(
        id=name,
        environment="prod",
        source=source,
        target=f"{source}-restored-{name}",
        old_name=f"{source}-old-{name}",
        execution=execution,
        opened_at=opened_at,
        give_up_at=opened_at + timedelta(hours=12),
        recovery_point="time:2026-11-23T10:29:59Z",
        started_by="operator",
        reason="a script has emptied workspaces",
        ticket="OPS-1234",
        cut_over="after-approval",
        strategy="repoint",
        dry_run=False,
        approval_seconds=14_400,
        soak_seconds=900,
    )
