-- People, organizations, groups, templates and workspaces.

INSERT INTO organizations (id, name, description, created_at, updated_at, is_default, display_name)
SELECT id, name, 'The ' || initcap(name) || ' organization', at, at, n = 1, initcap(replace(name, '-', ' '))
FROM seed.organization, (VALUES (:'as_of'::timestamptz - interval '1000 days')) AS t (at);

INSERT INTO users (id, email, username, hashed_password, created_at, updated_at, status, rbac_roles, login_type, deleted,
                   last_seen_at, quiet_hours_schedule, name, is_system)
SELECT id, CASE n WHEN 0 THEN 'prebuilds@system' ELSE username || '@example.com' END, username,
       CASE login WHEN 'password' THEN convert_to('no password: ' || username, 'UTF8') ELSE '' END, created_at,
       CASE standing WHEN 'deleted' THEN :'as_of'::timestamptz - make_interval(days => 1 + seed.draw('left', n, 300)) ELSE created_at END,
       CASE standing WHEN 'deleted' THEN 'active' ELSE standing END::user_status,
       CASE WHEN n = 1 OR n = 7 THEN ARRAY['owner'] WHEN n = 2 THEN ARRAY['auditor'] WHEN n % 100 = 3 THEN ARRAY['template-admin']
            WHEN n = 4 THEN ARRAY['user-admin'] ELSE '{}'::text[] END,
       login::login_type, standing = 'deleted',
       CASE WHEN n = 0 THEN '0001-01-01'
            WHEN standing = 'active' THEN (:'as_of'::timestamptz - make_interval(secs => seed.draw('seen', n, 200000)))::timestamp
            ELSE (:'as_of'::timestamptz - make_interval(days => 40 + seed.draw('seen', n, 250)))::timestamp END,
       CASE WHEN n % 9 = 0 THEN 'CRON_TZ=UTC 0 1 * * *' ELSE '' END, initcap(split_part(username, '-', 1)), n = 0
FROM seed.person ORDER BY n;

INSERT INTO user_status_changes (id, user_id, new_status, changed_at)
SELECT seed.id('status', n * 2 + k), id, status::user_status, created_at + k * interval '100 days'
FROM seed.person, LATERAL (VALUES (0, 'active'), (1, CASE WHEN standing IN ('dormant', 'suspended') THEN standing END)) AS s (k, status)
WHERE status IS NOT NULL ORDER BY n, k;

INSERT INTO organization_members (user_id, organization_id, created_at, updated_at, roles)
SELECT p.id, o.id, p.created_at, p.created_at, CASE WHEN p.n = 1 THEN ARRAY['organization-admin'] ELSE '{}'::text[] END
FROM seed.person AS p, seed.organization AS o WHERE o.n = 1 OR p.in_second_organization
ORDER BY p.n, o.n;

-- Everyone has its organization's id and no rows of members; the others are teams of the first organization.
INSERT INTO groups (id, name, organization_id, display_name, quota_allowance, source)
SELECT id, 'Everyone', id, '', 0, 'user'::group_source FROM seed.organization
UNION ALL
SELECT seed.id('group', n), 'team-' || lpad(n::text, 2, '0'), seed.id('organization', 1), 'Team ' || n, 50 * (n % 4),
       CASE n % 2 WHEN 0 THEN 'oidc' ELSE 'user' END::group_source
FROM generate_series(1, 8) AS n;

INSERT INTO group_members (user_id, group_id)
SELECT id, seed.id('group', 1 + n % 8) FROM seed.person WHERE n > 0 AND standing <> 'deleted'
UNION ALL
SELECT id, seed.id('group', 1 + (n + 3) % 8) FROM seed.person WHERE n > 0 AND standing <> 'deleted' AND n % 4 = 0;

INSERT INTO user_links (user_id, login_type, linked_id, oauth_access_token, oauth_refresh_token, oauth_expiry,
                        oauth_access_token_key_id, oauth_refresh_token_key_id, claims)
SELECT id, login::login_type, CASE login WHEN 'oidc' THEN 'https://idp.example.com||' ELSE '' END || md5(username),
       encode(convert_to('no token: access ' || n, 'UTF8'), 'base64'), encode(convert_to('no token: refresh ' || n, 'UTF8'), 'base64'),
       :'as_of'::timestamptz + interval '1 hour', k.digest, k.digest,
       jsonb_build_object('id_token_claims', jsonb_build_object('email', username || '@example.com', 'email_verified', true))
FROM seed.person, seed.key AS k WHERE login IN ('oidc', 'github') AND standing <> 'deleted' ORDER BY n;

INSERT INTO external_auth_links (provider_id, user_id, created_at, updated_at, oauth_access_token, oauth_refresh_token,
                                 oauth_expiry, oauth_access_token_key_id, oauth_refresh_token_key_id)
SELECT 'github', id, created_at, created_at, encode(convert_to('no token: git ' || n, 'UTF8'), 'base64'), '',
       :'as_of'::timestamptz + interval '8 hours', k.digest, NULL
FROM seed.person, seed.key AS k WHERE n % 2 = 1 AND standing = 'active' ORDER BY n;

INSERT INTO gitsshkeys (user_id, created_at, updated_at, private_key, public_key)
SELECT id, created_at, created_at, 'placeholder, no private key', 'ssh-ed25519 placeholder' FROM seed.person WHERE n > 0 ORDER BY n;

-- A session for everyone who works here, a second device for some, and a long-lived token for one in four.
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type, lifetime_seconds,
                      ip_address, token_name, scopes, allow_list)
SELECT left(md5('api key:' || p.n || ':' || k.place), 10), sha256(convert_to('no secret ' || p.n || ':' || k.place, 'UTF8')), p.id,
       u.at, u.at + make_interval(secs => k.lifetime), u.at - interval '9 hours', u.at,
       CASE k.place WHEN 3 THEN 'token' ELSE p.login END::login_type, k.lifetime, '10.20.0.0'::inet + seed.draw('address', p.n, 60000),
       CASE k.place WHEN 3 THEN 'ci' ELSE '' END, '{coder:all}', '{*:*}'
FROM seed.person AS p
CROSS JOIN (VALUES (1, 1, 86400), (2, 3, 86400), (3, 4, 31536000)) AS k (place, every, lifetime)
CROSS JOIN LATERAL (SELECT :'as_of'::timestamptz - make_interval(secs => 30 + seed.draw('key used', p.n * 4 + k.place, 90000)) AS at) AS u
WHERE p.n > 0 AND p.standing = 'active' AND p.n % k.every = 0
ORDER BY p.n, k.place;

-- Every version's source is a tar of its own: one archive with the template and the version written into fixed places.
INSERT INTO files (hash, created_at, created_by, mimetype, data, id)
SELECT encode(sha256(data), 'hex'), created_at, seed.id('user', 1), 'application/x-tar', data, file_id
FROM (SELECT v.n, v.created_at, v.file_id,
             overlay(s.tar PLACING convert_to(lpad(v.n::text, length(s.marker), '0'), 'UTF8')
                     FROM position(convert_to(s.marker, 'UTF8') IN s.tar)) AS data
      FROM seed.version AS v, seed.source AS s) AS f
ORDER BY n;

INSERT INTO templates (id, created_at, updated_at, organization_id, deleted, name, provisioner, active_version_id, description,
                       created_by, icon, user_acl, group_acl, display_name, failure_ttl, time_til_dormant,
                       autostop_requirement_days_of_week, autostop_requirement_weeks, require_active_version)
SELECT t.id, v.created_at - interval '400 days', v.created_at, o.id, t.deleted, t.name, 'terraform', v.id,
       'Workspaces for ' || t.name, seed.id('user', 1), '/icon/k8s.png',
       CASE WHEN t.n % 5 = 0 THEN jsonb_build_object(seed.id('user', 5), '["admin"]'::jsonb) ELSE '{}' END,
       jsonb_build_object(o.id, '["use"]'::jsonb)
           || CASE WHEN t.organization = 1 AND t.n % 3 = 0
                   THEN jsonb_build_object(seed.id('group', 1 + t.n % 8), '["admin"]'::jsonb) ELSE '{}' END,
       initcap(replace(t.name, '-', ' ')), 0, 7776000000000000, 0, 0, t.n % 4 = 1
FROM seed.template AS t
JOIN seed.version AS v ON v.template = t.n AND v.active
JOIN seed.organization AS o ON o.n = t.organization
ORDER BY t.n;

INSERT INTO template_versions (id, template_id, organization_id, created_at, updated_at, name, readme, job_id, created_by,
                               message, archived, has_ai_task, has_external_agent)
SELECT v.id, v.template_id, o.id, v.created_at, v.created_at, CASE v.number WHEN 0 THEN 'broken' ELSE 'v' || v.number END,
       repeat('A workspace with an editor, a home disk and the tools of the team. ', 12), v.job_id, seed.id('user', 1 + 2 * (v.n % 3)),
       'Version ' || v.number, v.number < 3 AND NOT v.active, false, false
FROM seed.version AS v JOIN seed.organization AS o ON o.n = v.organization
ORDER BY v.n;

INSERT INTO template_version_presets (id, template_version_id, name, created_at, desired_instances, is_default)
SELECT v.preset_id, v.id, 'Standard', v.created_at, CASE WHEN v.active AND v.template = 1 THEN 10 END, true
FROM seed.version AS v ORDER BY v.n;

INSERT INTO template_version_preset_parameters (id, template_version_preset_id, name, value)
SELECT seed.id('preset ' || p.name, v.n), v.preset_id, p.name, p.value
FROM seed.version AS v, (VALUES ('cpu', '4'), ('home_disk_size', '20')) AS p (name, value) ORDER BY v.n, p.name;

INSERT INTO workspaces (id, created_at, updated_at, owner_id, organization_id, template_id, deleted, name, autostart_schedule,
                        ttl, last_used_at, dormant_at, deleting_at, next_start_at)
SELECT w.id, b.first_at, b.last_at, w.owner_id, o.id, w.template_id, w.state = 'deleted', w.name,
       CASE WHEN w.autostarts THEN 'CRON_TZ=UTC 30 7 * * 1-5' END, 43200000000000,
       CASE WHEN w.state = 'running' THEN :'as_of'::timestamptz - make_interval(secs => 5 + seed.draw('used', w.n, 300))
            ELSE b.last_at END,
       CASE WHEN w.state = 'dormant' THEN b.last_at + interval '1 day' END, NULL,
       CASE WHEN w.autostarts AND w.state = 'stopped'
            THEN date_trunc('day', :'as_of'::timestamptz) + interval '1 day 7 hours 30 minutes' END
FROM seed.workspace AS w
JOIN seed.organization AS o ON o.n = w.organization
JOIN (SELECT workspace, min(at) AS first_at, max(at) AS last_at FROM seed.build GROUP BY 1) AS b ON b.workspace = w.n
ORDER BY w.n;
