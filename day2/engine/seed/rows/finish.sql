-- Nothing of the plan stays behind, and the planner knows the tables as autovacuum would have told it.
DROP SCHEMA seed CASCADE;
SET default_statistics_target = 30;
SELECT format('ANALYZE %I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
\gexec
