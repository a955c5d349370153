"""Reads `config/<environment>.toml`: everything wrong is reported at once, each fault with its path."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from cdk.settings import EnvironmentSettings
from cdk.settings_rules import problems_between

FOLDER = Path(__file__).resolve().parent.parent / "config"


class SettingsError(Exception):
    """The settings cannot be deployed. `problems` holds every fault as `path: what is wrong`."""

    def __init__(self, problems: Iterable[str], *, source: str) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{source} cannot be deployed; correct each line and try again:\n{listed}")


def load(environment: str, *, folder: Path = FOLDER) -> EnvironmentSettings:
    """The settings of one environment.

    Raises:
        SettingsError: the file is missing or is not TOML, or a value, or values together, cannot be deployed.
    """
    return check(written(environment, folder=folder), environment=environment, folder=folder)


def written(environment: str, *, folder: Path = FOLDER) -> dict[str, Any]:
    """The tables of its file, not judged yet. Raises SettingsError where the file is missing or is not TOML."""
    path = folder / f"{environment}.toml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.toml"))) or "none"
        raise SettingsError([f"environment: {environment!r} is unknown; known: {known}"], source=f"config/{path.name}")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingsError([f"file: is not TOML: {fault}"], source=f"config/{path.name}") from None


def check(tables: Mapping[str, Any], *, environment: str, folder: Path = FOLDER) -> EnvironmentSettings:
    """The settings that these tables are, or every fault in them; a `.txt` that they name lies in `folder`.

    Raises:
        SettingsError: with every fault.
    """
    source = f"config/{environment}.toml"
    given = {**tables, "environment": environment}
    named = (each for each in folder.glob("*.txt") if each.is_file())
    context = {"files": {each.name: each.read_text(encoding="utf-8", errors="replace") for each in named}}
    try:
        settings = EnvironmentSettings.model_validate(given, context=context)
    except ValidationError as refused:
        faults = refused.errors()
        problems = [*map(sentence, faults), *problems_between(_right(given, faults, context))]
        raise SettingsError(problems, source=source) from None
    if problems := problems_between(dict(settings)):
        raise SettingsError(problems, source=source)
    return settings


def _right(given: Mapping[str, Any], faults: Iterable[Any], context: dict[str, Any]) -> dict[str, Any]:
    """The tables without a fault of their own: what these make together is told in the same answer as the faults."""
    wrong = {fault["loc"][0] for fault in faults}
    kinds = get_type_hints(EnvironmentSettings)
    return {
        name: TypeAdapter(kinds[name]).validate_python(given[key], context=context) if key in given else field.default
        for name, field in EnvironmentSettings.model_fields.items()
        if (key := field.alias or name) not in wrong
    }


def sentence(fault: Any) -> str:
    path = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "file"
    match fault["type"]:
        case "missing":
            return f"{path}: is missing"
        case "extra_forbidden":
            return f"{path}: is not a setting; see config/prod.toml for those that are"
        case "too_short":
            return f"{path}: is empty; give at least one"
        case "value_error":
            return f"{path}: {fault['ctx']['error']}"
        case _:
            said = fault["msg"][0].lower() + fault["msg"][1:]
            return f"{path}: {said}, not {fault['input']!r}"
