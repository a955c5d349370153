"""How the verifier signs in to a copy."""

from lambdas.adapters.postgres import Server, authorities
from lambdas.adapters.secrets import Secrets
from lambdas.contracts import Credentials


def server(credentials: Credentials, *, secrets: Secrets | None = None) -> Server:
    """The copy's server, its password read from the managed secret, TLS verified in full.

    Raises:
        AccessRefused, RequestRefused, ServiceBusy: the secret could not be read.
    """
    login = (secrets or Secrets()).login(credentials.secret)
    return Server(
        host=credentials.host,
        port=credentials.port,
        database=credentials.database,
        user=login.user,
        password=login.password,
        tls="verify-full",
        ca_file=authorities(),
    )
