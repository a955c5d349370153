-- The audit log.

-- check: G01_audit_latest
-- title: Audit entries and the span they cover
-- severity: info
-- requires: audit_logs.time
-- expect: report
-- phase: both
-- note: none is normal without a licence that has the audit log, or with a short retention.
SELECT count(*)::bigint AS value,
       format('oldest %s newest %s', coalesce(to_char(min("time") AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '-'),
              coalesce(to_char(max("time") AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '-')) AS detail
FROM audit_logs;

-- check: G02_audit_suspicious_24h
-- title: Sensitive actions of the last 24 hours
-- severity: info
-- requires: audit_logs.time, audit_logs.action, audit_logs.status_code, audit_logs.resource_type
-- expect: report
-- phase: live
-- note: failed logins, changes of licences, roles, identity-provider settings and login types, deleted users.
SELECT count(*) FILTER (WHERE failed_login OR sensitive OR user_delete)::bigint AS value,
       format('failed logins=%s roles, licences, identity=%s deleted users=%s', count(*) FILTER (WHERE failed_login),
              count(*) FILTER (WHERE sensitive), count(*) FILTER (WHERE user_delete)) AS detail
FROM (SELECT action::text = 'login' AND status_code >= 400 AS failed_login,
             resource_type::text IN ('custom_role', 'license', 'convert_login', 'idp_sync_settings_organization',
               'idp_sync_settings_group', 'idp_sync_settings_role', 'oauth2_provider_app') AS sensitive,
             resource_type::text = 'user' AND action::text = 'delete' AS user_delete
      FROM audit_logs WHERE "time" > current_setting('coder.as_of')::timestamptz - interval '24 hours') a;
