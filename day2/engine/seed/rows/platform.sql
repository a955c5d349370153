-- The deployment itself: keys, licence, settings, replicas, provisioners, notifications. Nothing here opens anything.

INSERT INTO dbcrypt_keys (number, active_key_digest, revoked_key_digest, created_at, revoked_at, test)
SELECT n, CASE n WHEN 2 THEN digest END, CASE n WHEN 1 THEN left(encode(sha256('no key 1'), 'hex'), 7) END,
       :'as_of'::timestamptz - interval '900 days' / n, CASE n WHEN 1 THEN :'as_of'::timestamptz - interval '450 days' END,
       encode('coder, under no key', 'base64')
FROM generate_series(1, 2) AS n, seed.key;

-- The key in use and the one before it, which still verifies what it signed until its end.
INSERT INTO crypto_keys (feature, sequence, secret, secret_key_id, starts_at, deletes_at)
SELECT feature, sequence, encode(sha256(convert_to(feature::text || sequence, 'UTF8')), 'base64'), k.digest,
       :'as_of'::timestamptz - make_interval(days => 40 - 20 * sequence),
       CASE sequence WHEN 1 THEN :'as_of'::timestamptz + interval '10 days' END
FROM unnest(enum_range(NULL::crypto_key_feature)) AS feature, generate_series(1, 2) AS sequence, seed.key AS k;

-- A JWT in form only: algorithm none, and its signature reads "this is no licence".
INSERT INTO licenses (id, uploaded_at, jwt, exp, uuid)
SELECT 1, :'as_of'::timestamptz - interval '165 days',
       string_agg(translate(encode(convert_to(part, 'UTF8'), 'base64'), E'+/=\n', '-_'), '.' ORDER BY place),
       :'as_of'::timestamptz + interval '230 days', seed.id('licence', 1)
FROM (VALUES (1, '{"alg":"none","typ":"JWT"}'),
             (2, json_build_object('account_type', 'none', 'account_id', 'made for tests', 'trial', false, 'feature_set', 'PREMIUM',
                                   'license_expires', extract(epoch FROM :'as_of'::timestamptz + interval '200 days')::bigint,
                                   'exp', extract(epoch FROM :'as_of'::timestamptz + interval '230 days')::bigint)::text),
             (3, 'this is no licence')) AS t (place, part);
SELECT setval('licenses_id_seq', 1);

INSERT INTO site_configs (key, value)
VALUES ('deployment_id', seed.id('deployment', 0)::text), ('derp_mesh_key', md5('no mesh key') || md5('nor this')),
       ('health_settings', '{"dismissed_healthchecks": []}'), ('notifications_settings', '{"notifier_paused": false}'),
       ('prebuilds_settings', '{"reconciliation_paused": false}'), ('default_proxy_display_name', '"Primary"'),
       ('runtime-config', '{}');

INSERT INTO replicas (id, created_at, started_at, updated_at, hostname, region_id, relay_address, database_latency, version)
SELECT seed.id('replica', n), :'as_of'::timestamptz - interval '6 days', :'as_of'::timestamptz - interval '6 days',
       :'as_of'::timestamptz - make_interval(secs => 2 * n - 1), 'coder-' || n, 0, 'http://10.20.1.' || n || ':8080', 900 + n, 'v2.29.1'
FROM generate_series(1, 2) AS n;

INSERT INTO tailnet_coordinators (id, heartbeat_at)
SELECT seed.id('coordinator', n), :'as_of'::timestamptz - make_interval(secs => n) FROM generate_series(1, 2) AS n;

INSERT INTO workspace_proxies (id, name, display_name, icon, url, wildcard_hostname, created_at, updated_at, deleted,
                               token_hashed_secret, region_id, version)
SELECT seed.id('proxy', n), name, initcap(name), '/emojis/1f310.png', 'https://' || name || '.example.com', '*.' || name || '.example.com',
       at, at, false, sha256(convert_to('no secret ' || name, 'UTF8')), n, 'v2.29.1'
FROM (VALUES (1, 'sydney'), (2, 'frankfurt')) AS p (n, name), (VALUES (:'as_of'::timestamptz - interval '300 days')) AS t (at);
SELECT setval('workspace_proxies_region_id_seq', 2);

-- The three reserved keys have the ids they have everywhere; the pool's key is the deployment's own.
INSERT INTO provisioner_keys (id, created_at, organization_id, name, hashed_secret, tags)
SELECT key.id, :'as_of'::timestamptz - interval '800 days', o.id, key.name, sha256(convert_to('no secret ' || key.name, 'UTF8')), '{}'
FROM (VALUES ('00000000-0000-0000-0000-000000000001'::uuid, 'built-in'), ('00000000-0000-0000-0000-000000000002', 'user-auth'),
             ('00000000-0000-0000-0000-000000000003', 'psk'), (seed.id('provisioner key', 1), 'pool')) AS key (id, name),
     seed.organization AS o
WHERE o.n = 1;
INSERT INTO provisioner_keys (id, created_at, organization_id, name, hashed_secret, tags)
SELECT seed.id('provisioner key', 2), :'as_of'::timestamptz - interval '500 days', id, 'pool', sha256('no secret of the second pool'), '{}'
FROM seed.organization WHERE n = 2;

-- Ten daemons in two pools, seen within the last minute; two that a scale-down took weeks ago.
INSERT INTO provisioner_daemons (id, created_at, name, provisioners, tags, last_seen_at, version, api_version, organization_id,
                                 key_id)
SELECT seed.id('daemon', d), :'as_of'::timestamptz - interval '30 days', 'coder-prov-' || d, '{terraform}',
       '{"scope": "organization", "owner": ""}',
       :'as_of'::timestamptz - CASE WHEN d > 10 THEN interval '20 days' ELSE make_interval(secs => 1 + 4 * d) END, 'v2.29.1', '1.11',
       o.id, seed.id('provisioner key', o.n)
FROM generate_series(1, 12) AS d JOIN seed.organization AS o ON o.n = 1 + d % 2;

INSERT INTO custom_roles (id, name, display_name, site_permissions, org_permissions, user_permissions, created_at, updated_at,
                          organization_id)
SELECT seed.id('role', 1), 'template-reviewer', 'Template reviewer', '[]',
       jsonb_build_object(id, '[{"negate": false, "resource_type": "template", "action": "read"}]'::jsonb), '[]', at, at, id
FROM seed.organization, (VALUES (:'as_of'::timestamptz - interval '200 days')) AS t (at) WHERE n = 1;

INSERT INTO notification_templates (id, name, title_template, body_template, actions, "group")
SELECT seed.id('notification', n), name, name, 'Hello {{.UserName}}: ' || lower(name) || '.', '[]', 'Workspace Events'
FROM (VALUES (1, 'Workspace Deleted'), (2, 'Workspace Autobuild Failed'), (3, 'Workspace Marked as Dormant'), (4, 'User account created'),
             (5, 'Template Deleted')) AS t (n, name);

INSERT INTO notification_messages (id, notification_template_id, user_id, method, status, created_by, payload, attempt_count,
                                   created_at, updated_at, queued_seconds, dedupe_hash)
SELECT seed.id('message', p.n * 4 + k), seed.id('notification', 1 + (p.n + k) % 5), p.id,
       CASE k % 2 WHEN 0 THEN 'smtp' ELSE 'inbox' END::notification_method,
       'sent', 'seed', '{"_version": "1.1"}', 1, at, at + interval '4 seconds', 4, md5('message ' || (p.n * 4 + k))
FROM seed.person AS p, generate_series(0, 2) AS k,
     LATERAL (SELECT :'as_of'::timestamptz - make_interval(secs => 600 + seed.draw('message', p.n * 4 + k, 600000)) AS at) AS t
WHERE p.n > 0 AND p.standing = 'active' ORDER BY p.n, k;
