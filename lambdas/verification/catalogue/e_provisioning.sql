-- Provisioner jobs and the daemons that run them. Jobs in flight at a recovery point are normal.

-- check: E01_jobs_pending
-- title: Jobs waiting for a provisioner
-- severity: info
-- requires: provisioner_jobs.created_at, provisioner_jobs.started_at, provisioner_jobs.completed_at, provisioner_jobs.canceled_at, provisioner_jobs.error
-- expect: report
-- phase: both
SELECT count(*)::bigint AS value,
       format('oldest waits %s s', coalesce(ceil(extract(epoch FROM
              current_setting('coder.as_of')::timestamptz - min(created_at)))::bigint, 0)) AS detail
FROM provisioner_jobs
WHERE started_at IS NULL AND completed_at IS NULL AND canceled_at IS NULL AND coalesce(error, '') = '';

-- check: E02_jobs_pending_over_30m
-- title: No job waits for half an hour
-- severity: warning
-- requires: provisioner_jobs.updated_at, provisioner_jobs.started_at, provisioner_jobs.completed_at, provisioner_jobs.canceled_at
-- expect: zero
-- phase: live
-- note: coderd's reaper ends jobs that are pending for 30 minutes; older ones mean that it does not run.
SELECT count(*)::bigint AS value, 'jobs pending for more than 30 minutes' AS detail,
       (array_agg(id ORDER BY id))[1:5] AS ids
FROM provisioner_jobs WHERE started_at IS NULL AND completed_at IS NULL AND canceled_at IS NULL
  AND updated_at < current_setting('coder.as_of')::timestamptz - interval '30 minutes';

-- check: E03_jobs_hung_over_5m
-- title: No running job has gone silent
-- severity: warning
-- requires: provisioner_jobs.updated_at, provisioner_jobs.started_at, provisioner_jobs.completed_at
-- expect: zero
-- phase: live
-- note: coderd calls a job hung that has not reported for 5 minutes.
SELECT count(*)::bigint AS value, 'running jobs without a report for 5 minutes' AS detail,
       (array_agg(id ORDER BY id))[1:5] AS ids
FROM provisioner_jobs WHERE started_at IS NOT NULL AND completed_at IS NULL
  AND updated_at < current_setting('coder.as_of')::timestamptz - interval '5 minutes';

-- check: E04_job_of_build_missing_or_wrong_type
-- title: Every build has its job
-- severity: critical
-- requires: workspace_builds.job_id, provisioner_jobs.type
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'builds whose job is gone or is not one of a workspace build' AS detail,
       (array_agg(b.id ORDER BY b.id))[1:5] AS ids
FROM workspace_builds b LEFT JOIN provisioner_jobs j ON j.id = b.job_id
WHERE j.id IS NULL OR j.type::text <> 'workspace_build';

-- check: E05_jobs_without_matching_provisioner
-- title: Every waiting job has a provisioner that may run it
-- severity: warning
-- requires: provisioner_jobs.organization_id, provisioner_jobs.tags, provisioner_jobs.started_at, provisioner_jobs.completed_at, provisioner_jobs.canceled_at, provisioner_daemons.organization_id, provisioner_daemons.tags, provisioner_daemons.last_seen_at
-- expect: zero
-- phase: live
-- note: a daemon is stale after 90 s; it may run a job whose tags are among its own.
SELECT count(*)::bigint AS value, 'waiting jobs that no live provisioner may run' AS detail,
       (array_agg(j.id ORDER BY j.id))[1:5] AS ids
FROM provisioner_jobs j
WHERE j.started_at IS NULL AND j.completed_at IS NULL AND j.canceled_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM provisioner_daemons d WHERE d.organization_id = j.organization_id
                  AND d.last_seen_at > current_setting('coder.as_of')::timestamptz - interval '90 seconds'
                  AND d.tags @> j.tags);

-- check: E06_provisioner_daemons_alive
-- title: Provisioners are alive
-- severity: critical
-- requires: provisioner_daemons.last_seen_at
-- expect: positive
-- phase: live
SELECT count(*)::bigint AS value,
       format('versions %s', coalesce(string_agg(DISTINCT to_jsonb(d) ->> 'version', ', '), '-')) AS detail
FROM provisioner_daemons d
WHERE last_seen_at > current_setting('coder.as_of')::timestamptz - interval '90 seconds';

-- check: E07_provisioner_keys
-- title: Keys of external provisioners
-- severity: info
-- requires: provisioner_keys
-- expect: report
-- phase: both
-- note: with the three reserved ones (built-in, user-auth, psk) since 2.16.
SELECT count(*)::bigint AS value, 'keys, the reserved ones among them' AS detail FROM provisioner_keys;
