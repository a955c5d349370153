"""`python -m cdk.node npm ci`: a program of the pinned Node (npm, npx, node), for a machine that has none."""

import os
import subprocess
import sys
from pathlib import Path

from cdk import pinned_node


def command(words: list[str]) -> list[str]:
    """These words as the pinned Node runs them; as they are where only the machine's own Node can be meant."""
    folder = pinned_node()
    program, *arguments = words
    if folder is None:
        return words
    if program in ("npm", "npx"):
        # The wheel copies the scripts in bin/ out of the place that they look around from; their origin works.
        script = folder / "lib" / "node_modules" / "npm" / "bin" / f"{program}-cli.js"
        return [str(folder / "bin" / "node"), str(script), *arguments]
    return words


def main(words: list[str]) -> int:
    """Run the program; its exit code, 2 when nothing is named, 127 when it is not there."""
    if not words:
        sys.stderr.write("usage: python -m cdk.node npm|npx|node ARGUMENTS\n")
        return 2
    folder = pinned_node()
    # First the pinned Node, then this Python: the CDK command starts `python app.py` and scripts start `node`.
    places = [str(folder / "bin")] if folder else []
    places += [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    try:
        return subprocess.run(  # noqa: S603  the operator's own command
            command(words), env=os.environ | {"PATH": os.pathsep.join(places)}, check=False
        ).returncode
    except FileNotFoundError:
        sys.stderr.write(f"{words[0]} is not there; install requirements.txt, which brings Node\n")
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
