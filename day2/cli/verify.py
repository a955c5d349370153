"""`day2 verify`: the verification catalogue against any PostgreSQL, read-only."""

