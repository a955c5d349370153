"""Tables that only mirror running processes: part of the catalogue, because they are so in every deployment.

Their rows come with a process and go with it, so that fewer of them say that fewer processes run, not that data was
lost: a row count neither warns nor fails on them, also when none is left. The table itself has to be there.
Read from Coder 2.0 to 2.34: the schema, and the statements of its own clean-up.
"""

from collections.abc import Mapping

TABLES: Mapping[str, str] = {
    "replicas": "one row a coderd process, deleted once it has stopped reporting",
    "provisioner_daemons": "one row a provisioner, deleted a week after it was last seen",
    "tailnet_coordinators": "one row a coderd process, deleted a day after its last heartbeat; unlogged in 2.34",
    "tailnet_peers": "one row an open connection of an agent or client; unlogged in 2.34",
    "tailnet_tunnels": "one row a pair of connected peers; unlogged in 2.34",
    "tailnet_agents": "what tailnet_peers was before: one row a connected agent",
    "tailnet_clients": "what tailnet_peers was before: one row a connected client",
    "tailnet_client_subscriptions": "what tailnet_tunnels was before: one row a client that looks at an agent",
}
