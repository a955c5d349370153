-- workspace_builds, in the order of time, with the Terraform state each one left.
-- A build that has not run keeps none; one that failed or was canceled keeps what a stop leaves.

-- Sorted before the states are written out, which are wide, and joined by hash, which keeps the order.
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT set_config('default_toast_compression', 'lz4', false)
FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals);

INSERT INTO workspace_builds (id, created_at, updated_at, workspace_id, template_version_id, build_number, transition,
                              initiator_id, provisioner_state, job_id, deadline, reason, daily_cost, max_deadline,
                              template_version_preset_id, has_ai_task, has_external_agent)
SELECT b.id, b.at, b.at + make_interval(secs => CASE WHEN b.outcome IN ('waiting', 'starting') THEN 0 ELSE b.queued + b.seconds END),
       b.workspace_id, v.id, b.number, b.transition::workspace_transition, b.owner_id,
       CASE WHEN b.outcome IN ('waiting', 'starting') THEN NULL
            ELSE convert_to(format(s.text, b.number, b.workspace_id, b.workspace_name, v.id, b.id, b.job_id), 'UTF8') END,
       b.job_id,
       CASE WHEN b.transition <> 'start' THEN '0001-01-01 00:00:00+00'
            WHEN b.last THEN :'as_of'::timestamptz + make_interval(hours => 2, secs => seed.draw('deadline', b.n, 36000))
            ELSE b.at + interval '12 hours' END,
       b.reason::build_reason, CASE b.transition WHEN 'start' THEN 5 ELSE 1 END,
       '0001-01-01 00:00:00+00',
       CASE WHEN b.transition = 'start' AND b.n % 4 = 0 THEN v.preset_id END,
       false, false
FROM (SELECT * FROM seed.build ORDER BY n) AS b
JOIN seed.version AS v ON v.template = b.template AND v.number = b.version
JOIN seed.state AS s ON s.transition = CASE WHEN b.outcome = 'succeeded' THEN b.transition ELSE 'stop' END;

INSERT INTO workspace_build_parameters (workspace_build_id, name, value)
SELECT id, p.name, p.choices[1 + seed.draw(p.name, workspace, cardinality(p.choices))]
FROM seed.build, (VALUES ('cpu', ARRAY['2', '4', '8', '16']), ('home_disk_size', ARRAY['10', '20', '50'])) AS p (name, choices)
ORDER BY n, name;
