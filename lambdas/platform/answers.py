"""What a replica of coderd can answer, as values. A missing right, licence or token is an answer, and so is silence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skipped:
    """It could not be asked, and why that is no fault of the platform."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """It was asked and did not answer as coderd does."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a replica is: `v2.29.1+0123abc`, and the deployment whose database it serves."""

    version: str
    deployment_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseHealth:
    """What coderd thinks of its database. `severity`: ok | warning | error; `overall` that of all it looks at."""

    reachable: bool
    severity: str
    overall: str
    latency_ms: int | None = None
