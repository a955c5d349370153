"""Real PostgreSQL servers on this machine: found, run, backed up and restored. Standard library only."""
