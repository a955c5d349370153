"""Stands for `terraform` on the PATH of a handover.sh under test.

It has a state in a file, imports without AWS, and plans that the test has laid down. Every call is noted. It is a fake:
what the real one does is seen in test_handover_with_terraform.py.

    $FAKE/calls     a line for each call, its arguments as JSON
    $FAKE/state     the real state; the copy's lies where `-chdir` says
    $FAKE/plan      what `show -json` tells of every plan; without it, planning fails
    $FAKE/version   what `version` says
    $FAKE/meddle    there: somebody else writes the state as soon as the copy is planned
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

FAKE = Path(os.environ["FAKE"])
RESOURCE_ID = "cluster-RESTORED"


def main(arguments: list[str]) -> int:
    folder = Path()
    if arguments[0].startswith("-chdir="):
        folder = Path(arguments.pop(0).removeprefix("-chdir="))
    on_copy = folder != Path()
    with (FAKE / "calls").open("a") as calls:
        calls.write(json.dumps(["copy", *arguments] if on_copy else arguments) + "\n")
    match arguments:
        case ["version"]:
            sys.stdout.write((FAKE / "version").read_text())
        case ["workspace", "show"]:
            sys.stdout.write(os.environ.get("TF_WORKSPACE", "default") + "\n")
        case ["plan", *options] if (FAKE / "plan").exists():
            out = next(each for each in options if each.startswith("-out=")).removeprefix("-out=")
            shutil.copyfile(FAKE / "plan", folder / out)
            if (FAKE / "meddle").exists() and on_copy:
                (FAKE / "state").write_text("somebody else's")
        case ["plan", *_]:
            return 1
        case ["show", "-json", plan]:
            sys.stdout.write((folder / plan).read_text())
        case _:
            on_state(arguments, next(folder.rglob("terraform.tfstate"), folder) if on_copy else FAKE / "state")
    return 0


def on_state(arguments: list[str], state: Path) -> None:
    match arguments:
        case ["state", "pull"]:
            sys.stdout.write(state.read_text())
        case ["state", "push", copied]:
            shutil.copyfile(copied, state)
        case ["state", "rm", "--", address]:
            edit(state, lambda held: held.pop(address))
        case ["import", *_, "--", address, name]:
            edit(state, lambda held: held.update({address: name}))
        case ["apply", "-refresh-only", *_]:
            edit(state, lambda _held: None)


def edit(state: Path, change: Any) -> None:
    """Reads what the state holds as address -> id, changes it, and writes it as a state of version 4."""
    told = json.loads(state.read_text())
    held = {_address(each): each["instances"][0]["attributes"]["id"] for each in told["resources"]}
    change(held)
    told["serial"] += 1
    told["resources"] = [_resource(address, name) for address, name in held.items()]
    state.write_text(json.dumps(told))


def _address(resource: Any) -> str:
    base = ".".join(filter(None, (resource.get("module"), resource["type"], resource["name"])))
    key = resource["instances"][0].get("index_key")
    return base if key is None else f"{base}[{json.dumps(key)}]"


def _resource(address: str, name: str) -> Any:
    base, _, key = address.partition("[")
    module, kind, label = base.rsplit(".", 2)
    cluster = name if kind == "aws_rds_cluster" else name.rsplit("-", 1)[0]
    attributes = {"id": name, "cluster_identifier": cluster, "cluster_resource_id": RESOURCE_ID}
    instance = {"attributes": attributes} | ({"index_key": json.loads(key.removesuffix("]"))} if key else {})
    return {"module": module, "mode": "managed", "type": kind, "name": label, "instances": [instance]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
