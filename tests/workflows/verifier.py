"""A fake of what the verification steps run on the copy: instead of SQL, whatever `found` says.

The three steps are the real ones, down to the copy's secret and the verdict; the SQL runs against a real PostgreSQL
in tests of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from lambdas.adapters.postgres import Server
from lambdas.contracts import CheckGroup, CheckResult, CheckVerdict, DatabaseFacts, GroupResult, VerificationPlan
from lambdas.verification import checks, runner

GROUPS = ("sql", "foreign-keys", "counts")
FACTS = DatabaseFacts(
    server_version="16.6",
    schema_version=401,
    coder_release="2.29",
    database_bytes=8_000_000_000,
    tables=89,
    encryption_keys=(),
    amcheck="created",
    other_sessions=0,
)


@dataclass
class Verifier:
    """`found` is what every check finds. `connect` is what happens at each connection; it may raise."""

    found: CheckVerdict = "pass"
    checks_a_group: int = 1
    counts: Mapping[str, int] = field(default_factory=lambda: {"users": 1200, "workspaces": 3400})
    connect: Callable[[], None] = lambda: None
    connected_to: list[str] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within it, the runner asks this."""
        with patch.object(runner, "make_plan", self._plan), patch.object(runner, "run_group", self._run):
            yield

    def _plan(self, server: Server, **_: object) -> VerificationPlan:
        self._connected(server)
        groups = tuple(CheckGroup(id=each, kind="sql", items=(each,), planned_seconds=60) for each in GROUPS)
        return VerificationPlan(facts=FACTS, groups=groups)

    def _run(self, server: Server, group: CheckGroup, **_: object) -> GroupResult:
        self._connected(server)
        found = [self._check(f"{group.id}-{number}", self.found) for number in range(self.checks_a_group)]
        planted = self._check(f"{checks.CONTROL_PREFIX}{group.id}", "fail", control=True)
        counts = self.counts if group.id == "counts" else {}
        return GroupResult(group=group.id, checks=(*found, planted), counts=counts, seconds=40.0)

    def _connected(self, server: Server) -> None:
        assert server.tls == "verify-full"
        assert server.password
        self.connected_to.append(server.host)
        self.connect()

    def _check(self, name: str, verdict: CheckVerdict, **more: Any) -> CheckResult:
        return CheckResult(
            id=name,
            severity="critical",
            verdict=verdict,
            value=0 if verdict == "pass" else 3,
            expected="0",
            detail=f"{name} looked at what it looks at, and this is the sentence about it",
            seconds=0.02,
            digest="0123456789abcdef",
            title=f"What {name} looks at, in a line",
            **more,
        )
