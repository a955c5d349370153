"""A fake Coder: a small server that answers a little of Coder's API out of the database that its environment names.

    python -m day2.engine.fake_coder

It is told by its environment, as coderd is: CODER_PG_CONNECTION_URL, CODER_HTTP_ADDRESS, HOSTNAME (a replica's name).
What it really does: it connects to that PostgreSQL and stays connected as `coderd`, writes its replica's heartbeat,
refuses to start where coderd would, and tells users, templates, groups, workspaces, and the jobs and daemons of
provisioners as they stand there.

What it cannot show, because it is a fake: it migrates nothing (an older schema gets its release's number and stays
as it was), builds nothing, runs no provisioner, has no dashboard, no rate limit and no cache, takes any licence for a
valid one until its `exp`, looks at no token's scopes, and knows the roles owner and auditor; every other is a member.

    configuration.py   the environment, read
    release.py         which schema a release brings
    database.py        the pooled connections
    starting.py        connect, look at the schema, or say why not
    heartbeat.py       the replica's row
    identity.py        who a session token belongs to, and what they see
    api.py, rows.py    the answers, and what they are read from; provisioning.py those of jobs and daemons
    answers.py         what they have in common
    server.py          HTTP
"""
