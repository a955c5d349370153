-- Users, organizations and groups.

-- check: B01_users_active
-- title: There are users who can sign in
-- severity: critical
-- requires: users.deleted, users.status
-- expect: positive
-- phase: both
-- note: system users (since 2.21) sign in nowhere. A dormant user becomes active by signing in.
-- control: users AS (SELECT * FROM public.users WHERE false)
SELECT count(*) FILTER (WHERE status::text <> 'suspended')::bigint AS value,
       format('active=%s dormant=%s suspended=%s', count(*) FILTER (WHERE status::text = 'active'),
              count(*) FILTER (WHERE status::text = 'dormant'),
              count(*) FILTER (WHERE status::text = 'suspended')) AS detail
FROM users u WHERE NOT deleted AND NOT coalesce((to_jsonb(u) ->> 'is_system')::boolean, false);

-- check: B02_owner_exists
-- title: There is an owner who can administer the deployment
-- severity: critical
-- requires: users.deleted, users.status, users.rbac_roles
-- expect: positive
-- phase: both
-- note: mended with coder server create-admin-user.
SELECT count(*)::bigint AS value, 'owners who can sign in' AS detail, (array_agg(id ORDER BY id))[1:5] AS ids
FROM users WHERE NOT deleted AND status::text <> 'suspended' AND 'owner' = ANY (rbac_roles);

-- check: B03_duplicate_emails
-- title: No address belongs to two users
-- severity: critical
-- requires: users.deleted, users.email
-- expect: zero
-- phase: both
-- note: users_email_lower_idx forbids it; a hit means a broken index, often the collation's. '' is a service account's (2.32+).
SELECT count(*)::bigint AS value, 'addresses used by more than one live user' AS detail
FROM (SELECT lower(email) FROM users WHERE NOT deleted AND email <> '' GROUP BY 1 HAVING count(*) > 1) d;

-- check: B04_users_without_organization
-- title: Every active user belongs to an organization
-- severity: warning
-- requires: users.deleted, users.status, organization_members.user_id
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'active users in no organization' AS detail,
       (array_agg(u.id ORDER BY u.id))[1:5] AS ids
FROM users u WHERE NOT deleted AND status::text = 'active'
  AND NOT EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id)
  AND NOT coalesce((to_jsonb(u) ->> 'is_system')::boolean, false);

-- check: B05_deleted_users_with_credentials
-- title: No deleted user holds a key or a login
-- severity: critical
-- requires: users.deleted, api_keys.user_id, user_links.user_id
-- expect: zero
-- phase: both
-- note: a trigger removes both when a user is deleted.
SELECT ((SELECT count(*) FROM api_keys k JOIN users u ON u.id = k.user_id WHERE u.deleted)
      + (SELECT count(*) FROM user_links l JOIN users u ON u.id = l.user_id WHERE u.deleted))::bigint AS value,
       'API keys and login links of deleted users' AS detail;

-- check: B06_sso_users_without_link
-- title: Every user who signed in by OIDC or GitHub has a login link
-- severity: warning
-- requires: users.deleted, users.login_type, users.last_seen_at, user_links.user_id, user_links.login_type
-- expect: zero
-- phase: both
-- note: a user whom an administrator made has no link before the first login: those never seen are left out.
SELECT count(*)::bigint AS value, 'users seen before whose OIDC or GitHub link is gone' AS detail,
       (array_agg(u.id ORDER BY u.id))[1:5] AS ids
FROM users u WHERE NOT deleted AND login_type::text IN ('oidc', 'github') AND last_seen_at > '0001-01-02'
  AND NOT EXISTS (SELECT 1 FROM user_links l WHERE l.user_id = u.id AND l.login_type = u.login_type);

-- check: B07_default_organization
-- title: There is exactly one default organization
-- severity: critical
-- requires: organizations.is_default
-- expect: one
-- phase: both
SELECT count(*)::bigint AS value, 'default organizations' AS detail, (array_agg(id ORDER BY id))[1:5] AS ids
FROM organizations o WHERE is_default AND NOT coalesce((to_jsonb(o) ->> 'deleted')::boolean, false);

-- check: B08_everyone_group_per_organization
-- title: Every organization has its group Everyone
-- severity: critical
-- requires: organizations.id, groups.organization_id
-- expect: zero
-- phase: both
-- note: that group has the organization's own id; the access lists of templates point at it.
SELECT count(*)::bigint AS value, 'organizations without their group Everyone' AS detail,
       (array_agg(o.id ORDER BY o.id))[1:5] AS ids
FROM organizations o
WHERE NOT EXISTS (SELECT 1 FROM groups g WHERE g.id = o.id AND g.organization_id = o.id)
  AND NOT coalesce((to_jsonb(o) ->> 'deleted')::boolean, false);

-- check: B09_orphan_group_members
-- title: Every group membership has its group and its user
-- severity: critical
-- requires: group_members.group_id, group_members.user_id, groups.id, users.id
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'memberships whose group or user is gone' AS detail
FROM group_members gm LEFT JOIN groups g ON g.id = gm.group_id LEFT JOIN users u ON u.id = gm.user_id
WHERE g.id IS NULL OR u.id IS NULL;

-- check: B10_group_members_outside_organization
-- title: Members of a group belong to the group's organization
-- severity: warning
-- requires: group_members.group_id, group_members.user_id, groups.organization_id, organization_members.organization_id
-- expect: zero
-- phase: both
SELECT count(*)::bigint AS value, 'memberships of users outside the group''s organization' AS detail
FROM group_members gm JOIN groups g ON g.id = gm.group_id
WHERE NOT EXISTS (SELECT 1 FROM organization_members om
                  WHERE om.user_id = gm.user_id AND om.organization_id = g.organization_id);

-- check: B11_group_membership_counts
-- title: Groups and their memberships
-- severity: info
-- requires: groups, group_members
-- expect: report
-- phase: both
SELECT count(*)::bigint AS value,
       format('groups=%s memberships=%s', count(*), (SELECT count(*) FROM group_members)) AS detail
FROM groups;
