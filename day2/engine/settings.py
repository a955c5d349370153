"""What an engine is started with. Standard library only: the operator's side and the engine's own process share it."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

WORKSPACE = Path(".engine")
"""Where an engine lives unless told otherwise: in the current folder."""

WAIT_SCALE = 0.05
"""A state machine's wait of a minute takes three seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSeconds:
    """How long the engine lets each of AWS's asynchronous phases take, in real seconds.

    first_backup          from a restored cluster's being available to its continuous backup; until then it has no
                          window. A copy that is made to be looked at and deleted is spared the copying
    node_group_following  from a change of the Auto Scaling group's sizes to DescribeNodegroup's telling them
    instance_launching    from a launch to InService; then node_joining until Kubernetes has the node, NotReady; then
                          node_starting until it is Ready
    launch_retrying       from a failed launch to the next attempt
    build_grace           how long a provisioner that is to end may go on with its build; 600 s by its chart
    """

    cluster_creating: float = 0.5
    instance_creating: float = 0.5
    snapshot_creating: float = 0.2
    first_backup: float = 120.0
    credentials_rotating: float = 0.3
    cluster_deleting: float = 0.3
    instance_deleting: float = 0.3
    renaming: float = 0.5
    namespace_terminating: float = 0.3
    node_group_updating: float = 0.5
    node_group_following: float = 0.2
    instance_launching: float = 0.3
    instance_terminating: float = 0.3
    launch_retrying: float = 0.5
    node_joining: float = 0.2
    node_starting: float = 0.2
    rollout_progressing: float = 0.3
    crash_back_off: float = 0.3
    pod_grace: float = 3.0
    build_grace: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """One engine. Several run side by side when their workspaces differ.

    workspace       its folder: log, state, certificates, temporary files; made when missing
    port            of the AWS endpoint on 127.0.0.1; 0 takes a free one at start
    wait_scale      factor on every wait, retry interval and machine timeout of a state machine, and on the fake Coder's
                    own intervals (> 0; 1 is real time)
    account, region as every ARN shows them
    enforce_roles   Lambda functions may do only what their role's policies allow
    coder_port      of the fake Coder on 127.0.0.1, once a Deployment asks for one; 0 takes a free one at start
    python          the operator's interpreter, under which the fake Coder runs: it has a PostgreSQL driver
    pods_per_node   how many pods a node of the fake Kubernetes takes, where its group does not say
    """

    workspace: Path = WORKSPACE
    port: int = 0
    wait_scale: float = WAIT_SCALE
    account: str = "000000000000"
    region: str = "eu-central-1"
    enforce_roles: bool = True
    phases: PhaseSeconds = field(default_factory=PhaseSeconds)
    coder_port: int = 0
    python: Path = Path(sys.executable)
    pods_per_node: int = 12

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def coder_url(self) -> str:
        """Where the fake Coder answers, as a Service and its balancer would: 503 while no replica is ready."""
        return f"http://127.0.0.1:{self.coder_port}"

    @property
    def certificates(self) -> Path:
        """The folder of `day2.engine.authority.Authority`."""
        return self.workspace / "tls"

    @property
    def log_file(self) -> Path:
        return self.workspace / "engine.log"


def write(settings: EngineSettings) -> str:
    """As JSON, for the engine's process."""
    return json.dumps(
        {**asdict(settings), "workspace": str(settings.workspace), "python": str(settings.python)}, indent=2
    )


def read(text: str) -> EngineSettings:
    """Settings that `write` wrote."""
    data: Mapping[str, Any] = json.loads(text)
    phases = PhaseSeconds(**data["phases"])
    paths = {name: Path(data[name]) for name in ("workspace", "python")}
    return EngineSettings(**{**data, **paths, "phases": phases})
