"""Which database, and how to sign in to it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

Tls = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]
TLS_MODES: tuple[str, ...] = get_args(Tls)

RDS_AUTHORITIES = Path(__file__).parents[1] / "rds-ca.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One database and how to sign in to it. The password never shows in a representation.

    ca_file  certificates that sign the server's, for verify-ca and verify-full; None: those of Amazon RDS
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: Tls = "verify-full"
    ca_file: str | None = None

    @property
    def name(self) -> str:
        """How an operator calls it in a message."""
        return f"{self.host}:{self.port}/{self.database}"


def authorities(environment: Mapping[str, str] = os.environ) -> str:
    """The file of certificates to trust: `DATABASE_CA_FILE` where another authority signs, else those of RDS."""
    return environment.get("DATABASE_CA_FILE") or str(RDS_AUTHORITIES)
