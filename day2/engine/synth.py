"""The engine's templates: synthesized by the app itself, again only when something they are made from has changed."""

import fcntl
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
    made.mkdir(parents=True, exist_ok=True)
    with (made.parent / f".{ENVIRONMENT}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two drills at once synthesize once
        stamp = made / ".made-from"
        now = _digest()
        if not stamp.exists() or stamp.read_text() != now:
            _synthesize()
            stamp.write_text(now)
    return made


def _synthesize() -> None:
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
