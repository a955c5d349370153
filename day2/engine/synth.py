"""The engine's templates: synthesized by the app itself, again only when something they are made from has changed."""

import hashlib
import subprocess
import sys
from pathlib import Path

from lambdas.errors import Refused

REPOSITORY = Path(__file__).resolve().parents[2]
ENVIRONMENT = "local"
_MADE_FROM = ("app.py", "cdk", "lambdas", "statemachines", f"config/{ENVIRONMENT}.toml", "requirements.txt")


class NotSynthesized(Refused):
    """The CDK app did not give a cloud assembly."""


def assembly() -> Path:
    """The cloud assembly of the engine's environment, `cdk.out/local`. Raises NotSynthesized."""
    made = REPOSITORY / "cdk.out" / ENVIRONMENT
    stamp = made / ".made-from"
    now = _digest()
    if stamp.exists() and stamp.read_text() == now:
        return made
    synthesis = subprocess.run(  # noqa: S603  our own app, by our own interpreter
        [sys.executable, "app.py", "--environment", ENVIRONMENT],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if synthesis.returncode != 0:
        raise NotSynthesized(
            (synthesis.stderr or synthesis.stdout).strip(),
            resource=f"config/{ENVIRONMENT}.toml",
            next_step=f"Correct it and look with `make synth ENV={ENVIRONMENT}`.",
        )
    stamp.write_text(now)
    return made


def _digest() -> str:
    digest = hashlib.sha256()
    for name in _MADE_FROM:
        place = REPOSITORY / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(REPOSITORY)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
