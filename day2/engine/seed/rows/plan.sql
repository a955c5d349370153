-- What will exist, decided before Coder's own rows are written: staging tables in the schema seed, dropped at the end.
-- Parameters: as_of (the present of the seeded world), users, workspaces, rounds, templates, versions.
-- Everything follows from numbers and as_of: no random(), no now().

CREATE SCHEMA seed;

-- An id that is the same for the same thing in every run, in the shape of a name-based UUID.
CREATE FUNCTION seed.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT overlay(overlay(md5(kind || ':' || n) PLACING '5' FROM 13) PLACING 'a' FROM 17)::uuid $$;

-- An even draw from 0 to sides - 1, the same for the same question and number in every run.
CREATE FUNCTION seed.draw(question text, n bigint, sides integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((hashtextextended(question, n) & 2147483647) % sides)::integer $$;

-- The same, leaning to the low numbers: a few heavy users, a few popular templates.
CREATE FUNCTION seed.lean(question text, n bigint, sides bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT floor(sides * power(seed.draw(question, n, 10000) / 10000.0::float8, 1.5))::integer $$;

-- One of a list, the same for the same question and number in every run.
CREATE FUNCTION seed.pick(question text, n bigint, choices text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT choices[1 + seed.draw(question, n, cardinality(choices))] $$;

-- Days that work is done on, numbered: most people keep to weekdays, some do not.
CREATE UNLOGGED TABLE seed.day AS
SELECT weekends, row_number() OVER (PARTITION BY weekends ORDER BY date)::integer AS ordinal, date::date
FROM generate_series(:'as_of'::timestamptz::date - 370, :'as_of'::timestamptz::date - 2, interval '1 day') AS date,
     (VALUES (true), (false)) AS k (weekends)
WHERE weekends OR extract(isodow FROM date) < 6;
CREATE UNIQUE INDEX ON seed.day (weekends, ordinal);
CREATE UNIQUE INDEX ON seed.day (weekends, date, ordinal);
VACUUM ANALYZE seed.day;

-- The digest of the dbcrypt key in use; and what artifacts.py fills in.
CREATE UNLOGGED TABLE seed.key AS SELECT left(encode(sha256('no key 2'), 'hex'), 7) AS digest;
CREATE UNLOGGED TABLE seed.state (transition text, text text);
CREATE UNLOGGED TABLE seed.source (marker text, tar bytea);

CREATE UNLOGGED TABLE seed.organization (n integer, id uuid, name text);
INSERT INTO seed.organization VALUES (1, seed.id('organization', 1), 'coder'), (2, seed.id('organization', 2), 'data-science');

-- 0 is Coder's own user for prebuilt workspaces, with the id it has everywhere; 1 is the first owner.
CREATE UNLOGGED TABLE seed.person AS
SELECT n,
       CASE n WHEN 0 THEN 'c42fdf75-3097-471c-8c33-fb52454d81c0' ELSE seed.id('user', n) END AS id,
       CASE n WHEN 0 THEN 'prebuilds' WHEN 1 THEN 'admin'
              ELSE seed.pick('given name', n, ARRAY['ana', 'bo', 'chi', 'dara', 'emil', 'fatou', 'gus', 'hana', 'ines', 'jun',
                                                    'kofi', 'lena', 'mira', 'nils', 'omar', 'pia', 'rosa', 'sami', 'tove', 'yuki'])
                   || '-' || lpad(n::text, 4, '0') END AS username,
       CASE WHEN n < 12 THEN 'active' WHEN standing < 80 THEN 'active' WHEN standing < 88 THEN 'dormant'
            WHEN standing < 92 THEN 'suspended' ELSE 'deleted' END AS standing,
       CASE WHEN n = 0 THEN 'none' WHEN n = 1 OR login >= 80 THEN 'password' WHEN login < 70 THEN 'oidc' ELSE 'github' END AS login,
       n < 2 OR n % 5 = 0 AS in_second_organization,
       :'as_of'::timestamptz - make_interval(days => CASE WHEN n < 2 THEN 1000 ELSE 400 + seed.draw('user age', n, 600) END,
                                             secs => seed.draw('user age in seconds', n, 86400)) AS created_at
FROM (SELECT n, seed.draw('standing', n, 100) AS standing, seed.draw('login', n, 100) AS login
      FROM generate_series(0, :users) AS n) AS people;

-- The last template is deleted; every fourth one belongs to the second organization.
CREATE UNLOGGED TABLE seed.template AS
SELECT n, seed.id('template', n) AS id, 1 + (n % 4 = 0)::integer AS organization, n = :templates AS deleted,
       (ARRAY['kubernetes-go', 'kubernetes-java', 'python-notebook', 'ec2-linux', 'gpu-training', 'node-frontend',
              'rust-services', 'data-pipeline'])[1 + (n - 1) % 8] || '-' || lpad(n::text, 2, '0') AS name
FROM generate_series(1, :templates) AS n;

-- A template's versions follow one another over 400 days. The last is active, or the one before it while it is tried out.
-- Version 0 never compiled.
CREATE UNLOGGED TABLE seed.version AS
SELECT t.n * 1000 + v AS n, t.n AS template, v AS number, t.organization, t.deleted,
       seed.id('template version', t.n * 1000 + v) AS id, seed.id('import', t.n * 1000 + v) AS job_id,
       seed.id('file', t.n * 1000 + v) AS file_id, seed.id('preset', t.n * 1000 + v) AS preset_id, t.id AS template_id,
       :'as_of'::timestamptz - interval '400 days' * (:versions - v + 1) / :versions
           - make_interval(secs => seed.draw('version minute', t.n * 1000 + v, 3600)) AS created_at,
       v = CASE WHEN t.n % 6 = 5 THEN :versions - 1 ELSE :versions END AS active
FROM seed.template AS t, generate_series(0, :versions) AS v;

-- Who may own a workspace: anyone who ever was here, those still here, those who work.
CREATE UNLOGGED TABLE seed.pool AS
SELECT organization, pool, row_number() OVER (PARTITION BY organization, pool ORDER BY n)::integer - 1 AS place, n, id
FROM seed.person, (VALUES (1), (2)) AS o (organization),
     (VALUES ('ever', ARRAY['active', 'dormant', 'suspended', 'deleted']), ('here', ARRAY['active', 'dormant', 'suspended']),
             ('working', ARRAY['active'])) AS p (pool, standings)
WHERE n > 0 AND standing = ANY (standings) AND (organization = 1 OR in_second_organization);

ANALYZE seed.person, seed.template, seed.version, seed.pool;

-- state: how the workspace stands at as_of; rounds: on how many days it was started and stopped before.
CREATE UNLOGGED TABLE seed.workspace AS
WITH drawn AS (
    SELECT n, seed.draw('workspace state', n, 1000) AS share, 6 + seed.draw('workspace age', n, 360) AS age,
           1 + seed.lean('template of workspace', n, :templates - 1) AS template, seed.draw('weekends', n, 20) = 0 AS weekends
    FROM generate_series(1, :workspaces) AS n
), stood AS (
    SELECT *, CASE WHEN n <= 5 THEN (ARRAY['starting', 'waiting', 'dormant', 'failed', 'prebuilt'])[n]
                   WHEN share < 380 THEN 'running' WHEN share < 390 THEN 'prebuilt' WHEN share < 760 THEN 'stopped'
                   WHEN share < 790 THEN 'failed' WHEN share < 800 THEN 'canceled' WHEN share < 805 THEN 'starting'
                   WHEN share < 808 THEN 'waiting' WHEN share < 840 THEN 'dormant' ELSE 'deleted' END AS state
    FROM drawn
), lived AS (
    SELECT n, state, weekends, CASE WHEN state = 'deleted' AND n % 9 = 0 THEN :templates ELSE template END AS template,
           :'as_of'::timestamptz::date - age AS born,
           :'as_of'::timestamptz::date - CASE state WHEN 'deleted' THEN 2 + seed.draw('gone since', n, age - 5)
                                                    WHEN 'dormant' THEN greatest(2, least(age - 4, 60)) ELSE 2 END AS last
    FROM stood
), placed AS (
    SELECT l.*, t.id AS template_id, t.organization, f.first, f.days,
           CASE state WHEN 'deleted' THEN 'ever' WHEN 'stopped' THEN 'here' WHEN 'dormant' THEN 'here' ELSE 'working' END AS pool
    FROM lived AS l
    JOIN seed.template AS t ON t.n = l.template
    CROSS JOIN LATERAL (SELECT min(ordinal) AS first, count(*)::integer AS days FROM seed.day
                        WHERE weekends = l.weekends AND date BETWEEN l.born AND l.last) AS f
)
SELECT p.n, seed.id('workspace', p.n) AS id, p.state, p.template, p.template_id, p.organization, p.weekends, p.first, p.days,
       least(p.days, 1 + seed.lean('rounds', p.n, :rounds * 5 / 2)) AS rounds,
       CASE p.state WHEN 'prebuilt' THEN 'c42fdf75-3097-471c-8c33-fb52454d81c0' ELSE o.id END AS owner_id,
       CASE p.state WHEN 'prebuilt' THEN 'prebuild-'
            ELSE seed.pick('workspace name', p.n, ARRAY['dev', 'review', 'backend', 'web', 'spike', 'notebook', 'train', 'bugfix']) || '-'
       END || p.n AS name,
       p.state IN ('running', 'stopped') AND p.n % 3 = 0 AS autostarts
FROM placed AS p
JOIN (SELECT organization, pool, count(*) AS owners FROM seed.pool GROUP BY 1, 2) AS s USING (organization, pool)
JOIN seed.pool AS o ON o.organization = p.organization AND o.pool = p.pool AND o.place = seed.lean('owner', p.n, s.owners);
ANALYZE seed.workspace;

-- Every build in the order of time: a start in the morning and a stop in the evening of each round, and what came last.
CREATE UNLOGGED TABLE seed.build AS
WITH rounds AS (
    SELECT w.*, 2 * k + half AS number, CASE half WHEN 1 THEN 'start' ELSE 'stop' END AS transition, d.date
                + make_interval(hours => CASE half WHEN 1 THEN 7 ELSE 16 END,
                                secs => seed.draw('hour', w.n * 1000 + 2 * k + half, 14400)) AS at, 'succeeded' AS outcome
    FROM seed.workspace AS w, generate_series(0, w.rounds - 1) AS k, (VALUES (1), (2)) AS h (half), seed.day AS d
    WHERE d.weekends = w.weekends AND d.ordinal = w.first + k * w.days / w.rounds
), last AS (
    SELECT w.*, 2 * rounds + 1, CASE state WHEN 'deleted' THEN 'delete' ELSE 'start' END,
           CASE WHEN state = 'deleted' THEN d.date + make_interval(hours => 21, secs => seed.draw('hour of the end', w.n, 3600))
                WHEN state IN ('starting', 'waiting')
                    THEN :'as_of'::timestamptz - make_interval(secs => 2 + seed.draw('seconds ago', w.n, 30))
                ELSE :'as_of'::timestamptz - make_interval(secs => 360 + seed.draw('seconds ago', w.n, 30000)) END,
           CASE WHEN state IN ('running', 'prebuilt', 'deleted') THEN 'succeeded' ELSE state END
    FROM seed.workspace AS w JOIN seed.day AS d ON d.weekends = w.weekends AND d.ordinal = w.first + w.days - 1
    WHERE state NOT IN ('stopped', 'dormant')
)
SELECT row_number() OVER (ORDER BY at, n, number)::integer AS n, n AS workspace, id AS workspace_id, number, transition, at,
       seed.draw('seconds in queue', n * 1000 + number, 5) + 1 AS queued,
       CASE transition WHEN 'start' THEN 20 + seed.draw('seconds to start', n * 1000 + number, 180)
                       ELSE 10 + seed.draw('seconds to stop', n * 1000 + number, 50) END AS seconds,
       CASE WHEN number = 1 OR number > 2 * rounds THEN outcome
            ELSE (ARRAY['failed', 'failed', 'canceled', 'succeeded'])[least(4, 1 + seed.draw('outcome', n * 1000 + number, 140))]
       END AS outcome,
       CASE WHEN transition = 'start' AND autostarts AND number % 4 <> 1 THEN 'autostart'
            WHEN transition = 'stop' AND number % 10 <> 2 THEN 'autostop'
            ELSE seed.pick('reason', n * 1000 + number, ARRAY['dashboard', 'cli', 'vscode_connection', 'initiator']) END AS reason,
       owner_id, organization, template, template_id, name AS workspace_name, state AS workspace_state, number > 2 * rounds AS last,
       least(:versions, greatest(1, floor(:versions + 1 - extract(epoch FROM :'as_of'::timestamptz - at) * :versions
                                                         / (400 * 86400))))::integer AS version,
       seed.id('build', n * 1000 + number) AS id, seed.id('job', n * 1000 + number) AS job_id
FROM (SELECT * FROM rounds UNION ALL SELECT * FROM last) AS b
ORDER BY 1;
ANALYZE seed.build;
