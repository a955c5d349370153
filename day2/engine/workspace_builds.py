"""Builds of workspaces as rows of Coder's database: begun, taken up by a provisioner, completed.

What coderd and its provisioners would write between them, the fake writes here: nothing is built.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from day2.engine.seed import psql as door
from day2.engine.workspace_pods import Workspace

Begun = Literal["pending", "running"]

_STANDING = """\
CREATE TEMPORARY TABLE standing ON COMMIT DROP AS
SELECT w.id, w.name, w.owner_id, w.organization_id, w.template_id, b.template_version_id, b.build_number, b.transition,
       j.file_id
FROM (SELECT DISTINCT ON (workspace_id) * FROM workspace_builds ORDER BY workspace_id, build_number DESC) AS b
JOIN workspaces AS w ON w.id = b.workspace_id
JOIN provisioner_jobs AS j ON j.id = b.job_id
JOIN users AS u ON u.id = w.owner_id
WHERE NOT w.deleted AND NOT u.is_system AND j.job_status = 'succeeded';
"""
# Of the default organization, as the provisioners are that the engine speaks for.
_STARTS = """\
DELETE FROM standing USING organizations AS o WHERE o.id = standing.organization_id AND NOT o.is_default;
CREATE TEMPORARY TABLE coming ON COMMIT DROP AS
WITH stopped AS (SELECT *, row_number() OVER (ORDER BY id) AS n FROM standing WHERE transition = 'stop'),
     model AS (SELECT *, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS models FROM standing),
     more AS (SELECT generate_series(1, :count - (SELECT count(*) FROM stopped)) AS n)
SELECT gen_random_uuid() AS build, gen_random_uuid() AS job, 'start'::workspace_transition AS transition, id, name,
       owner_id, organization_id, template_id, template_version_id, build_number + 1 AS build_number, file_id
FROM stopped WHERE n <= :count
UNION ALL
SELECT gen_random_uuid(), gen_random_uuid(), 'start', gen_random_uuid(),
       'more-' || more.n || '-' || left(md5(random()::text), 8), owner_id, organization_id, template_id,
       template_version_id, 1, file_id
FROM more JOIN model ON model.n = 1 + more.n % models;
INSERT INTO workspaces (id, created_at, updated_at, owner_id, organization_id, template_id, name, ttl, last_used_at)
SELECT id, now(), now(), owner_id, organization_id, template_id, name, 43200000000000, now() FROM coming
WHERE build_number = 1;
"""
_STOPS = """\
CREATE TEMPORARY TABLE coming ON COMMIT DROP AS
SELECT gen_random_uuid() AS build, gen_random_uuid() AS job, 'stop'::workspace_transition AS transition, id, name,
       owner_id, organization_id, template_id, template_version_id, build_number + 1 AS build_number, file_id
FROM standing WHERE transition = 'start' AND id = ANY (:'ids'::uuid[]);
"""
_BEGIN = """\
INSERT INTO provisioner_jobs (id, created_at, updated_at, started_at, organization_id, initiator_id, provisioner,
                              storage_method, type, input, file_id, tags)
SELECT job, clock_timestamp(), now(), CASE :'begun' WHEN 'running' THEN now() END, organization_id, owner_id,
       'terraform', 'file', 'workspace_build', jsonb_build_object('workspace_build_id', build), file_id,
       '{"scope": "organization", "owner": ""}'
FROM coming;
INSERT INTO workspace_builds (id, created_at, updated_at, workspace_id, template_version_id, build_number, transition,
                              initiator_id, job_id, deadline, reason)
SELECT build, now(), now(), id, template_version_id, build_number, transition, owner_id, job,
       CASE transition WHEN 'start' THEN now() + interval '12 hours' ELSE '0001-01-01 00:00:00+00' END, 'initiator'
FROM coming;
SELECT job, id, name, owner_id FROM coming ORDER BY id;
COMMIT;
"""
# One each: a daemon runs one build, the oldest that waits.
_TAKE_UP = """\
WITH idle AS (
    SELECT d.id, d.organization_id, row_number() OVER (PARTITION BY d.organization_id ORDER BY d.name) AS n
    FROM provisioner_daemons AS d
    WHERE d.last_seen_at > now() - make_interval(secs => 3) AND NOT EXISTS (
        SELECT FROM provisioner_jobs AS j WHERE j.worker_id = d.id AND j.job_status = 'running')),
waiting AS (
    SELECT id, organization_id, row_number() OVER (PARTITION BY organization_id ORDER BY created_at, id) AS n
    FROM provisioner_jobs WHERE job_status = 'pending'),
taken AS (
    UPDATE provisioner_jobs AS j SET worker_id = idle.id, started_at = now(), updated_at = now()
    FROM idle JOIN waiting USING (organization_id, n) WHERE j.id = waiting.id RETURNING j.id)
SELECT count(*) FROM taken;
"""
_RUNNING = """\
SELECT j.id, w.id, w.name, w.owner_id FROM provisioner_jobs AS j JOIN workspace_builds AS b ON b.job_id = j.id
JOIN workspaces AS w ON w.id = b.workspace_id
WHERE j.job_status = 'running' AND b.transition = 'start' ORDER BY j.started_at, j.id;
"""
_COMPLETE = """\
UPDATE provisioner_jobs SET completed_at = now(), updated_at = now() WHERE id = ANY (:'jobs'::uuid[]);
UPDATE workspace_builds SET updated_at = now(), provisioner_state = '{"version":4,"serial":1,"resources":[]}'
WHERE job_id = ANY (:'jobs'::uuid[]);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A build that was begun, by the id of its provisioner job."""

    job: str
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class Builds:
    """The builds in the database of `dsn`. Everything raises SeedFailed where that refuses."""

    dsn: str
    psql: Path

    def starts(self, count: int, *, begun: Begun) -> tuple[Build, ...]:
        """Begin to start so many workspaces: stopped ones, and new ones where these are too few."""
        return self._builds(f"BEGIN;\n{_STANDING}{_STARTS}{_BEGIN}", count=count, begun=begun)

    def stops(self, workspaces: Iterable[str], *, begun: Begun) -> tuple[Build, ...]:
        """Begin to stop those of the workspaces (ids) that run."""
        return self._builds(f"BEGIN;\n{_STANDING}{_STOPS}{_BEGIN}", ids=_array(workspaces), begun=begun)

    def take_up(self) -> int:
        """Each idle daemon takes a pending job; how many did."""
        return int(self._run(_TAKE_UP))

    def starting(self) -> tuple[Build, ...]:
        """The starts that run, the longest first."""
        return self._builds(_RUNNING)

    def complete(self, builds: Iterable[Build]) -> None:
        """They succeed."""
        self._run(_COMPLETE, jobs=_array(each.job for each in builds))

    def _builds(self, script: str, **given: object) -> tuple[Build, ...]:
        found = (line.split("\t") for line in self._run(script, **given).splitlines() if line)
        return tuple(
            Build(job=job, workspace=Workspace(id=id_, name=name, owner=owner)) for job, id_, name, owner in found
        )

    def _run(self, script: str, **given: object) -> str:
        return door.run(self.dsn, script, psql=self.psql, variables=given)


def _array(ids: Iterable[str]) -> str:
    """As PostgreSQL writes an array."""
    return "{" + ",".join(ids) + "}"
