"""Who may import whom: the contracts of pyproject.toml hold, and no module of a room escapes them."""

import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = ("recovery", "restoration", "verification", "platform", "approval", "handover", "retirement", "evidence")
# What joins decisions and adapters, and is therefore no decision itself.
JOINS = {
    "lambdas.verification.access",
    "lambdas.verification.dsn",
    "lambdas.verification.groups",
    "lambdas.verification.inventory",
    "lambdas.verification.runner",
    "lambdas.verification.script",
    "lambdas.verification.work",
    "lambdas.platform.databases",
    "lambdas.platform.looking",
    "lambdas.platform.place",
    "lambdas.platform.surveying",
    "lambdas.restoration.holding",
    "lambdas.evidence.metrics",
    "lambdas.evidence.rendering",
    "lambdas.handover.files",
}


def contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    return list(settings["tool"]["importlinter"]["contracts"])


def test_every_contract_is_kept() -> None:
    lint = subprocess.run(  # noqa: S603  the tool beside our own interpreter
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout


def test_a_new_module_of_a_room_is_a_decision_or_named_as_a_join() -> None:
    (pure,) = (each for each in contracts() if str(each["name"]).startswith("Decisions are pure"))
    decisions = pure["source_modules"]
    assert isinstance(decisions, list)
    for room in ROOMS:
        for file in (REPOSITORY / "lambdas" / room).glob("*.py"):
            module = f"lambdas.{room}.{file.stem}"
            assert file.stem == "__init__" or module in decisions or module in JOINS, f"{module} is under no contract"
