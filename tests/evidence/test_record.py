"""The record: the same bytes for the same drill, nothing made up, the first error first."""

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any

import pytest
import sample_drills
from jsonschema import Draft202012Validator
from sample_drills import recorded

DRILLS = (
    sample_drills.passed,
    sample_drills.failed,
    sample_drills.cut_short,
    sample_drills.restore_overdue,
    sample_drills.died,
)
SCHEMA = json.loads(resources.files("lambdas.evidence").joinpath("record.schema.json").read_text())


@pytest.mark.parametrize("drill", DRILLS)
def test_every_record_follows_the_schema(drill: Callable[[], dict[str, Any]]) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(recorded(drill()))


def objects_of(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        if "properties" in schema:
            yield schema
        for each in schema.values():
            yield from objects_of(each)


def test_the_schema_lets_no_unknown_field_pass() -> None:
    for each in objects_of(SCHEMA):
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])
