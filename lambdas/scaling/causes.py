"""Why nodes do not come: what Auto Scaling says, sorted into what an operator does about it."""

from collections.abc import Mapping, Sequence

_KINDS: Mapping[str, tuple[str, ...]] = {
    "capacity": ("InsufficientInstanceCapacity", "sufficient", "capacity-not-available", "SpotMaxPriceTooLow"),
    "quota": ("VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded", "limit"),
    "subnet addresses": ("InsufficientFreeAddressesInSubnet", "free addresses", "free IP", "IpNotAvailable"),
    "permissions": ("UnauthorizedOperation", "AccessDenied", "not authorized", "InvalidKMSKey"),
}
"""In the order in which they are looked for: "not enough free addresses" is not a lack of capacity."""
_ORDER = ("subnet addresses", "permissions", "quota", "capacity")


def cause(messages: Sequence[str]) -> dict[str, str]:
    """The `kind` and a `sentence` with the latest message; `messages` are those of failed activities, latest first."""
    if not messages:
        return {
            "kind": "unknown",
            "sentence": "Auto Scaling tells of no failure: instances may have started and not joined the cluster.",
        }
    kind = next((each for each in _ORDER if any(word.lower() in messages[0].lower() for word in _KINDS[each])), "other")
    return {"kind": kind, "sentence": messages[0]}
