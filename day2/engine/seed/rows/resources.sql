-- What the builds that succeeded made: resources, agents, apps; and what running agents report.

INSERT INTO workspace_resources (id, created_at, job_id, transition, type, name, hide, icon, daily_cost)
SELECT seed.id(r.kind, b.n), b.at + make_interval(secs => b.queued + b.seconds), b.job_id, b.transition::workspace_transition,
       r.type, r.name, false, '', r.daily_cost
FROM seed.build AS b
JOIN (VALUES ('start', 'deployment', 'kubernetes_deployment', 'main', 4),
             ('start', 'disk', 'kubernetes_persistent_volume_claim', 'home', 1),
             ('stop', 'disk', 'kubernetes_persistent_volume_claim', 'home', 1)) AS r (transition, kind, type, name, daily_cost)
    USING (transition)
WHERE b.outcome = 'succeeded'
ORDER BY b.n, r.kind;

-- An agent of the last start of a running workspace still answers; every other one was switched off with its workspace.
CREATE UNLOGGED TABLE seed.agent AS
SELECT b.n, seed.id('agent', b.n) AS id, b.last, b.at + make_interval(secs => b.queued + b.seconds) AS made_at, b.at, b.seconds, b.owner_id
FROM seed.build AS b WHERE b.transition = 'start' AND b.outcome = 'succeeded';

INSERT INTO workspace_agents (id, created_at, updated_at, name, first_connected_at, last_connected_at, disconnected_at,
                              resource_id, auth_token, architecture, environment_variables, operating_system, directory,
                              version, last_connected_replica_id, connection_timeout_seconds, lifecycle_state,
                              expanded_directory, logs_length, started_at, ready_at, subsystems, api_version)
SELECT a.id, a.made_at, a.made_at, 'main', a.made_at + interval '8 seconds',
       CASE WHEN a.last THEN :'as_of'::timestamptz - make_interval(secs => 1 + a.n % 14) ELSE a.made_at + interval '8 hours' END,
       CASE WHEN NOT a.last THEN a.made_at + interval '8 hours' END,
       seed.id('deployment', a.n), seed.id('agent token', a.n), CASE a.n % 5 WHEN 0 THEN 'arm64' ELSE 'amd64' END,
       '{"GIT_AUTHOR_NAME": "coder"}', 'linux', '/home/coder', 'v2.29.1', seed.id('replica', 1 + a.n % 2), 120,
       CASE WHEN a.last THEN 'ready' ELSE 'off' END::workspace_agent_lifecycle_state, '/home/coder', 320,
       a.made_at + interval '9 seconds', a.made_at + interval '20 seconds', '{}', '2.7'
FROM seed.agent AS a ORDER BY a.n;

INSERT INTO workspace_apps (id, created_at, agent_id, display_name, icon, url, healthcheck_url, healthcheck_interval,
                            healthcheck_threshold, health, subdomain, slug)
SELECT seed.id(p.slug, a.n), a.made_at, a.id, p.display_name, p.icon, p.url, p.url || '/healthz', 5, 6,
       CASE WHEN a.last THEN 'healthy' ELSE 'unhealthy' END::workspace_app_health, true, p.slug
FROM seed.agent AS a,
     (VALUES ('code-server', 'code-server', '/icon/code.svg', 'http://localhost:13337'),
             ('jupyter', 'JupyterLab', '/icon/jupyter.svg', 'http://localhost:8888')) AS p (slug, display_name, icon, url)
WHERE p.slug = 'code-server' OR a.n % 3 = 0
ORDER BY a.n, p.slug;

INSERT INTO workspace_agent_logs (agent_id, created_at, output, id, level)
SELECT a.id, a.made_at + make_interval(secs => 10 + l), 'Running startup script, line ' || l,
       row_number() OVER (ORDER BY a.n, l), 'info'
FROM seed.agent AS a, generate_series(1, 3) AS l WHERE a.last;
SELECT setval('workspace_agent_logs_id_seq', (SELECT greatest(1, max(id)) FROM workspace_agent_logs));

INSERT INTO workspace_agent_metadata (workspace_agent_id, display_name, key, script, value, timeout, interval, collected_at)
SELECT a.id, 'CPU usage', 'cpu_usage', 'coder stat cpu', seed.draw('cpu usage', a.n, 90) || '%', 1, 10,
       :'as_of'::timestamptz - make_interval(secs => 1 + a.n % 10)
FROM seed.agent AS a WHERE a.last;

INSERT INTO workspace_app_audit_sessions (id, agent_id, app_id, user_id, ip, user_agent, slug_or_port, status_code, started_at,
                                          updated_at)
SELECT seed.id('app session', a.n), a.id, seed.id('code-server', a.n), a.owner_id, '10.20.0.1', 'Mozilla/5.0', 'code-server', 200,
       a.made_at + interval '1 minute', a.made_at + interval '2 minutes'
FROM seed.agent AS a WHERE a.last AND a.n % 2 = 0;
