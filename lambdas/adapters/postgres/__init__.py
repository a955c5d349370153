"""The door to PostgreSQL: one session at a time, read-only unless asked otherwise, over pg8000.

Everything that can go wrong with a connection becomes one of our errors here. A statement that the server
refuses is an answer, not an accident: `Session.attempt` returns it as a `Refusal` for the caller to judge.
"""

from lambdas.adapters.postgres.connecting import APPLICATION, connect, session
from lambdas.adapters.postgres.server import RDS_AUTHORITIES, TLS_MODES, Server, Tls, authorities
from lambdas.adapters.postgres.session import Refusal, Row, Session

__all__ = [
    "APPLICATION",
    "RDS_AUTHORITIES",
    "TLS_MODES",
    "Refusal",
    "Row",
    "Server",
    "Session",
    "Tls",
    "authorities",
    "connect",
    "session",
]
