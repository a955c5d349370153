-- What people did: audit_logs and connection_logs. No foreign key ties an audit row to what it tells of.

INSERT INTO audit_logs (id, "time", user_id, organization_id, ip, user_agent, resource_type, resource_id, resource_target,
                        action, diff, status_code, additional_fields, request_id, resource_icon)
SELECT seed.id('audit of build', b.n), b.at, b.owner_id, o.id, '10.20.0.0'::inet + seed.draw('address', b.workspace, 60000), '',
       'workspace_build', b.id, b.number::text, b.transition::audit_action, '{}', CASE b.outcome WHEN 'failed' THEN 500 ELSE 200 END,
       jsonb_build_object('workspace_name', b.workspace_name, 'build_number', b.number, 'build_reason', b.reason),
       seed.id('request of build', b.n), ''
FROM seed.build AS b JOIN seed.organization AS o ON o.n = b.organization
ORDER BY b.n;

-- Sign-ins of the last 90 days, one in fifty refused; the newest is seconds before as_of.
INSERT INTO audit_logs (id, "time", user_id, organization_id, ip, user_agent, resource_type, resource_id, resource_target,
                        action, diff, status_code, additional_fields, request_id, resource_icon)
SELECT seed.id('audit of login', n), :'as_of'::timestamptz - ago, user_id, '00000000-0000-0000-0000-000000000000',
       '10.20.0.0'::inet + seed.draw('address', n, 60000), 'Mozilla/5.0', 'api_key', seed.id('session', n), '', 'login',
       '{}', CASE WHEN n % 50 = 0 THEN 401 ELSE 201 END, '{}', seed.id('request of login', n), ''
FROM (SELECT p.n * 1000 + k AS n, p.id AS user_id,
             make_interval(secs => CASE WHEN p.n = 1 AND k = 1 THEN 3 ELSE 60 + seed.draw('login', p.n * 1000 + k, 90 * 86400) END) AS ago
      FROM seed.person AS p, generate_series(1, :logins) AS k WHERE p.n > 0 AND p.standing = 'active') AS s
ORDER BY ago DESC, n;

INSERT INTO audit_logs (id, "time", user_id, organization_id, ip, user_agent, resource_type, resource_id, resource_target,
                        action, diff, status_code, additional_fields, request_id, resource_icon)
SELECT seed.id('audit of version', v.n), v.created_at, seed.id('user', 1), o.id, '10.20.0.1', 'Mozilla/5.0', 'template', v.template_id,
       'active_version_id', 'write', jsonb_build_object('active_version_id', jsonb_build_object('old', '', 'new', v.id, 'secret', false)),
       200, '{}', seed.id('request of version', v.n), ''
FROM seed.version AS v JOIN seed.organization AS o ON o.n = v.organization WHERE v.number > 0
ORDER BY v.created_at, v.n;

INSERT INTO connection_logs (id, connect_time, organization_id, workspace_owner_id, workspace_id, workspace_name, agent_name,
                             type, ip, code, user_agent, user_id, connection_id, disconnect_time, disconnect_reason)
SELECT seed.id('connection log', b.n), c.at, o.id, b.owner_id, b.workspace_id, b.workspace_name, 'main',
       (ARRAY['ssh', 'vscode', 'jetbrains', 'reconnecting_pty'])[1 + b.n % 4]::connection_type,
       '10.20.0.0'::inet + seed.draw('address', b.workspace, 60000), 0, '', b.owner_id, seed.id('connection', b.n),
       CASE WHEN NOT b.last THEN c.at + interval '3 hours' END, CASE WHEN NOT b.last THEN 'client closed' END
FROM seed.build AS b
JOIN seed.organization AS o ON o.n = b.organization
CROSS JOIN LATERAL (SELECT b.at + make_interval(secs => b.queued + b.seconds + 60) AS at) AS c
WHERE b.transition = 'start' AND b.outcome = 'succeeded' AND b.at > :'as_of'::timestamptz - interval '90 days'
ORDER BY b.n;
