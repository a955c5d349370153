"""What Auto Scaling answers when it refuses."""

from datetime import datetime


class Refusal(Exception):
    """A refusal with the error code that Auto Scaling gives."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


def validation(message: str) -> Refusal:
    return Refusal("ValidationError", message)


def no_such_instance(instance: str) -> Refusal:
    """As quoted in github.com/yaybu/touchdown/issues/51."""
    return validation(f"Instance Id not found - No managed instance found for instance ID {instance}")


def at_smallest(smallest: int) -> Refusal:
    """As quoted in github.com/buildkite/elastic-ci-stack-for-aws/issues/1261."""
    return validation(
        f"Currently, desiredSize equals minSize ({smallest}). Terminating instance without replacement will violate "
        "group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's "
        "min size."
    )


def busy(instance: str, now: datetime) -> Refusal:
    """The instance is on its way out already."""
    return Refusal(
        "ScalingActivityInProgress", f"At {now:%Y-%m-%dT%H:%M:%SZ} instance {instance} is being terminated already."
    )
