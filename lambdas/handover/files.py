"""The files of a handover, as they are stored for whoever runs it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lambdas.handover.replacing import IGNORED, Attribute
from lambdas.handover.terraform import StateHandover, operations

TEXT = "text/plain; charset=utf-8"
MARKDOWN = "text/markdown; charset=utf-8"
README = "README.md"

_HERE = Path(__file__).parent
_SHIPPED = (
    _HERE / "shell" / "handover.sh",
    _HERE / "shell" / "runner.sh",
    _HERE / "shell" / "zzz_handover_override.tf",
    _HERE / "state_operations.py",
    _HERE / "plan_guard.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The bucket, and the folder in it without a slash at its end."""

    bucket: str
    folder: str


def folder_of(*, source: str, restore: str) -> str:
    """Where the files of a restore's handover lie in the evidence bucket."""
    return f"restores/{source}/{restore}/terraform"


def files(
    handover: StateHandover, *, warnings: Sequence[str], attributes: Sequence[Attribute], place: Place
) -> Mapping[str, str]:
    """Name -> content. The same for the same handover, so that storing them again changes nothing."""
    written = {each.name: each.read_text(encoding="utf-8") for each in _SHIPPED}
    written["handover.json"] = json.dumps(handover.document(), indent=2) + "\n"
    written[README] = (
        _templates()
        .get_template("handover.md.j2")
        .render(
            h=handover,
            warnings=warnings,
            operations=operations(handover),
            attributes=attributes,
            ignored=IGNORED,
            bucket=place.bucket,
            folder=place.folder,
        )
    )
    if handover.variables:
        written["imports.tf"] = "\n".join(
            f"import {{\n  to = {address}\n  id = {quoted(name)}\n}}\n" for address, name in handover.imports.items()
        )
        written["changes.tfvars"] = "".join(f"{name} = {quoted(value)}\n" for name, value in handover.variables.items())
    return written


def quoted(text: str) -> str:
    """`text` as a string of HCL, which knows JSON's escapes and takes `${` and `%{` for templates."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=False,  # noqa: S701  the output is Markdown, of identifiers and of our own sentences
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
