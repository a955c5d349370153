"""What Coder keeps as bytes: Terraform states and template sources, plausible in shape and size."""

import io
import json
import tarfile
from typing import Any

# Stands once in the source; the database writes the number of the template version over it. The archive stays
# valid, because a tar's checksums cover its headers alone.
MARKER = "@@version@"

_INSERTS = """\
INSERT INTO seed.state (transition, text) VALUES
{states};
INSERT INTO seed.source (marker, tar) VALUES {source};
"""
_PROVIDER = 'provider["registry.terraform.io/{}"]'
_LABELS = {
    "app.kubernetes.io/name": "coder-workspace",
    "app.kubernetes.io/instance": "coder-workspace-%2$s",
    "app.kubernetes.io/part-of": "coder",
    "com.coder.resource": "true",
    "com.coder.workspace.id": "%2$s",
    "com.coder.workspace.name": "%3$s",
}


def terraform_states() -> dict[str, str]:
    """A state by transition, as a format string of PostgreSQL.

    %1$s build number, %2$s workspace id, %3$s workspace name, %4$s template version id, %5$s build id, %6$s job id.
    """
    facts, disk = _workspace_facts(), _disk()
    running = [*facts, disk, _agent(), _deployment(), *(_app(slug) for slug in ("code-server", "jupyter"))]
    return {"start": _state(running), "stop": _state([*facts, disk]), "delete": _state([])}


def template_source() -> bytes:
    """A template as `coder templates push` packs it: a tar of main.tf, README.md and a Dockerfile, with MARKER once."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in _SOURCE.items():
            data = text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def script() -> str:
    """The SQL that hands both to the rest of the seed."""
    states = [f"('{transition}', $json${text}$json$)" for transition, text in terraform_states().items()]
    source = f"('{MARKER}', decode('{template_source().hex()}', 'hex'))"
    return _INSERTS.format(states=",\n".join(states), source=source)


def _state(resources: list[dict[str, Any]]) -> str:
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.13.4",
            "serial": "%1$s",
            "lineage": "%2$s",
            "outputs": {},
            "resources": resources,
            "check_results": None,
        },
        separators=(",", ":"),
    )


def _resource(
    kind: str, name: str, provider: str, attributes: dict[str, Any], *, mode: str = "managed"
) -> dict[str, Any]:
    return {
        "mode": mode,
        "type": kind,
        "name": name,
        "provider": _PROVIDER.format(provider),
        "instances": [
            {"schema_version": 1, "attributes": attributes, "sensitive_attributes": [], "private": "bnVsbA=="}
        ],
    }


def _workspace_facts() -> list[dict[str, Any]]:
    workspace = {
        "id": "%2$s",
        "name": "%3$s",
        "access_port": 443,
        "access_url": "https://coder.example.com",
        "is_prebuild": False,
        "prebuild_count": 0,
        "start_count": 1,
        "template_version": "%4$s",
        "transition": "start",
    }
    parameter = {
        "count": 1,
        "ephemeral": False,
        "form_type": "radio",
        "mutable": True,
        "optional": True,
        "option": [{"description": "", "icon": "", "name": f"{n} cores", "value": str(n)} for n in (2, 4, 8, 16)],
        "validation": [],
        "value": "4",
    }
    return [
        _resource("coder_workspace", "me", "coder/coder", workspace, mode="data"),
        _resource("coder_parameter", "cpu", "coder/coder", parameter | {"name": "cpu", "default": "4"}, mode="data"),
        _resource(
            "coder_provisioner", "me", "coder/coder", {"arch": "amd64", "id": "%6$s", "os": "linux"}, mode="data"
        ),
    ]


def _disk() -> dict[str, Any]:
    claim = {
        "id": "coder-ws/coder-%2$s-home",
        "metadata": [{"name": "coder-%2$s-home", "namespace": "coder-ws", "labels": _LABELS, "uid": "%2$s"}],
        "spec": [
            {
                "access_modes": ["ReadWriteOnce"],
                "resources": [{"limits": {}, "requests": {"storage": "20Gi"}}],
                "storage_class_name": "gp3",
                "volume_name": "pvc-%2$s",
            }
        ],
        "wait_until_bound": False,
    }
    return _resource("kubernetes_persistent_volume_claim", "home", "hashicorp/kubernetes", claim)


def _agent() -> dict[str, Any]:
    metadata = [
        {"display_name": title, "interval": 10, "key": key, "order": place, "script": f"coder stat {key}", "timeout": 1}
        for place, (key, title) in enumerate({"cpu": "CPU usage", "mem": "RAM usage", "disk": "Home disk"}.items())
    ]
    agent = {
        "id": "%5$s",
        "arch": "amd64",
        "auth": "token",
        "dir": None,
        "display_apps": [{"port_forwarding_helper": True, "ssh_helper": True, "vscode": True, "web_terminal": True}],
        "metadata": metadata,
        "os": "linux",
        "startup_script": "set -e\n" + "".join(f"# step {n}\ninstall-tool --version {n}.0\n" for n in range(12)),
        "token": "no token",
    }
    return _resource("coder_agent", "main", "coder/coder", agent)


def _app(slug: str) -> dict[str, Any]:
    app = {
        "id": "%5$s",
        "agent_id": "%5$s",
        "healthcheck": [{"interval": 5, "threshold": 6, "url": "http://localhost:13337/healthz"}],
        "share": "owner",
        "slug": slug,
        "subdomain": True,
        "url": "http://localhost:13337/?folder=/home/coder",
    }
    return _resource("coder_app", slug, "coder/coder", app)


def _deployment() -> dict[str, Any]:
    container = {
        "command": ["sh", "-c", "exec coder-agent"],
        "env": [{"name": "CODER_AGENT_TOKEN", "value": "no token"}, {"name": "CODER_BUILD_ID", "value": "%5$s"}],
        "image": "registry.example.com/coder/enterprise-base:ubuntu",
        "image_pull_policy": "Always",
        "name": "dev",
        "resources": [{"limits": {"cpu": "4", "memory": "8Gi"}, "requests": {"cpu": "250m", "memory": "512Mi"}}],
        "security_context": [{"run_as_user": "1000", "allow_privilege_escalation": False}],
        "volume_mount": [{"mount_path": "/home/coder", "name": "home", "read_only": False}],
    }
    deployment = {
        "id": "coder-ws/coder-%2$s",
        "metadata": [
            {"name": "coder-%2$s", "namespace": "coder-ws", "labels": _LABELS, "generation": 1, "uid": "%5$s"}
        ],
        "spec": [
            {
                "replicas": "1",
                "selector": [{"match_labels": _LABELS}],
                "strategy": [{"type": "Recreate"}],
                "template": [
                    {"metadata": [{"labels": _LABELS}], "spec": [{"container": [container], "node_selector": {}}]}
                ],
            }
        ],
        "wait_for_rollout": False,
    }
    return _resource("kubernetes_deployment", "main", "hashicorp/kubernetes", deployment)


_SOURCE = {
    "main.tf": f"""\
# template version {MARKER}
terraform {{
  required_providers {{
    coder      = {{ source = "coder/coder" }}
    kubernetes = {{ source = "hashicorp/kubernetes" }}
  }}
}}

data "coder_workspace" "me" {{}}

data "coder_parameter" "cpu" {{
  name    = "cpu"
  default = "4"
}}

resource "coder_agent" "main" {{
  os   = "linux"
  arch = "amd64"
}}

resource "kubernetes_persistent_volume_claim" "home" {{
  metadata {{ name = "coder-${{data.coder_workspace.me.id}}-home" }}
}}
""",
    "README.md": "# Workspace on Kubernetes\n\nAn editor, a home disk and the tools of the team.\n",
    "build/Dockerfile": "FROM registry.example.com/coder/enterprise-base:ubuntu\nRUN install-tools\n",
}
