-- Licences, keys, credentials and the deployment's identity. Validity is judged at the recovery point: a copy of a
-- moment with a valid licence must hold that licence, also when it has run out since.

-- check: F01_license_valid
-- title: There is a licence that is valid at the recovery point
-- severity: critical
-- requires: licenses.exp
-- expect: positive
-- phase: both
-- note: the open-source edition has none: set the expectation to report there.
SELECT count(*) FILTER (WHERE exp > current_setting('coder.as_of')::timestamptz)::bigint AS value,
       format('total=%s valid=%s last ends %s', count(*),
              count(*) FILTER (WHERE exp > current_setting('coder.as_of')::timestamptz),
              coalesce(to_char(max(exp) AT TIME ZONE 'UTC', 'YYYY-MM-DD'), '-')) AS detail
FROM licenses;

-- check: F02_license_jwt_wellformed
-- title: Every licence is a well-formed token
-- severity: warning
-- requires: licenses.jwt
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'licences that are not tokens of three parts' AS detail
FROM licenses WHERE jwt !~ '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$';

-- check: F03_site_config_identity
-- title: The deployment's identity is present
-- severity: critical
-- requires: site_configs.key, site_configs.value
-- expect: zero
-- phase: both
-- note: both are made at the first start; a copy that starts without them is a new deployment.
SELECT count(*)::bigint AS value, 'of deployment_id and derp_mesh_key missing' AS detail,
       (array_agg(k ORDER BY k))[1:5] AS ids
FROM unnest(ARRAY['deployment_id', 'derp_mesh_key']) k
WHERE NOT EXISTS (SELECT 1 FROM site_configs s WHERE s.key = k AND s.value <> '');

-- check: F04_crypto_keys_usable
-- title: Every feature that signs has a usable key
-- severity: critical
-- requires: crypto_keys.feature, crypto_keys.secret, crypto_keys.starts_at, crypto_keys.deletes_at
-- expect: zero
-- phase: both
-- note: since 2.16. coderd makes missing ones at its start, but what was signed before is lost.
SELECT count(*)::bigint AS value, 'features without a key that is usable at the recovery point' AS detail,
       (array_agg(f ORDER BY f))[1:5] AS ids
FROM unnest(enum_range(NULL::crypto_key_feature)::text[]) f
WHERE NOT EXISTS (SELECT 1 FROM crypto_keys k WHERE k.feature::text = f AND k.secret IS NOT NULL
                  AND k.starts_at <= current_setting('coder.as_of')::timestamptz
                  AND (k.deletes_at IS NULL OR k.deletes_at > current_setting('coder.as_of')::timestamptz));

-- check: F05_dbcrypt_active_keys
-- title: Encryption keys that coderd needs to start
-- severity: info
-- requires: dbcrypt_keys.active_key_digest, dbcrypt_keys.revoked_key_digest
-- expect: report
-- phase: both
-- note: digests, 7 hexadecimal digits of the key's SHA-256; keep the keys as long as the backups.
SELECT count(*) FILTER (WHERE active_key_digest IS NOT NULL)::bigint AS value,
       format('active=%s revoked=%s', coalesce(string_agg(active_key_digest, ',' ORDER BY active_key_digest), '-'),
              count(*) FILTER (WHERE revoked_key_digest IS NOT NULL)) AS detail
FROM dbcrypt_keys;

-- check: F06_encrypted_rows_with_unknown_key
-- title: Every encrypted row's key is known
-- severity: critical
-- requires: dbcrypt_keys.active_key_digest, user_links.oauth_access_token_key_id, user_links.oauth_refresh_token_key_id, external_auth_links.oauth_access_token_key_id, external_auth_links.oauth_refresh_token_key_id
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'tokens encrypted with a key that is not active' AS detail,
       (array_agg(DISTINCT k ORDER BY k))[1:5] AS ids
FROM (SELECT oauth_access_token_key_id AS k FROM user_links UNION ALL SELECT oauth_refresh_token_key_id FROM user_links
      UNION ALL SELECT oauth_access_token_key_id FROM external_auth_links
      UNION ALL SELECT oauth_refresh_token_key_id FROM external_auth_links) s
WHERE k IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dbcrypt_keys d WHERE d.active_key_digest = k);

-- check: F07_external_auth_links_of_missing_user
-- title: Every external login belongs to a user
-- severity: warning
-- requires: external_auth_links.user_id, users.id
-- expect: zero
-- phase: both
-- note: no foreign key guards external_auth_links.user_id.
SELECT count(*)::bigint AS value, 'external logins whose user is gone' AS detail
FROM external_auth_links l LEFT JOIN users u ON u.id = l.user_id WHERE u.id IS NULL;

-- check: F08_users_without_gitsshkey
-- title: Every user has a Git SSH key
-- severity: warning
-- requires: gitsshkeys.user_id, users.deleted
-- expect: zero
-- phase: both
-- note: made with the user; system users and service accounts (2.32+) have none.
SELECT count(*)::bigint AS value, 'live users without a Git SSH key' AS detail,
       (array_agg(u.id ORDER BY u.id))[1:5] AS ids
FROM users u WHERE NOT u.deleted AND NOT EXISTS (SELECT 1 FROM gitsshkeys g WHERE g.user_id = u.id)
  AND NOT coalesce((to_jsonb(u) ->> 'is_system')::boolean, false)
  AND NOT coalesce((to_jsonb(u) ->> 'is_service_account')::boolean, false);

-- check: F09_live_tokens
-- title: Sessions and API tokens that have not expired
-- severity: info
-- requires: api_keys.expires_at, api_keys.login_type
-- expect: report
-- phase: both
SELECT count(*) FILTER (WHERE live)::bigint AS value,
       format('sessions=%s tokens=%s tokens ending within 7 days=%s',
              count(*) FILTER (WHERE live AND NOT token), count(*) FILTER (WHERE live AND token),
              count(*) FILTER (WHERE live AND token
                               AND expires_at < current_setting('coder.as_of')::timestamptz + interval '7 days')) AS detail
FROM (SELECT expires_at, expires_at > current_setting('coder.as_of')::timestamptz AS live,
             login_type::text = 'token' AS token
      FROM api_keys) k;

-- check: F10_license_days_left
-- title: Days until the licence's term ends
-- severity: warning
-- requires: licenses.jwt, licenses.exp
-- expect: report
-- phase: both
-- note: licenses.exp is the end of the grace period; the token's claim license_expires is the end of the term. A token that does not decode makes this check an SQL error, which warns.
SELECT coalesce(max(floor(extract(epoch FROM term - current_setting('coder.as_of')::timestamptz) / 86400)), -1)::bigint AS value,
       format('term ends %s, grace ends %s', coalesce(to_char(max(term) AT TIME ZONE 'UTC', 'YYYY-MM-DD'), '-'),
              coalesce(to_char(max(exp) AT TIME ZONE 'UTC', 'YYYY-MM-DD'), '-')) AS detail
FROM (SELECT exp, to_timestamp(coalesce((claims ->> 'license_expires')::numeric, extract(epoch FROM exp))::double precision) AS term
      FROM (SELECT exp, convert_from(decode(rpad(translate(part, '-_', '+/'), (ceil(length(part) / 4.0) * 4)::int, '='),
                                            'base64'), 'UTF8')::jsonb AS claims
            FROM (SELECT exp, split_part(jwt, '.', 2) AS part FROM licenses) a) b) l;
