"""Requests and answers of the RDS query protocol, read and written by botocore's own model of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import botocore.session
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from day2.engine.aurora.faults import Fault

Answer = tuple[int, dict[str, str], bytes]
Request = dict[str, Any]
Call = Callable[[Mapping[str, Any]], Answer]

_XML = {"Content-Type": "text/xml"}
_BAD_REQUEST = 400


def bind(operation: str, handler: Callable[[Request], Mapping[str, Any]]) -> Call:
    """`handler`, which takes and returns the members that boto3 shows, as a function of MiniStack's action map."""
    model = _rds().operation_model(operation)

    def call(parameters: Mapping[str, Any]) -> Answer:
        try:
            return _answer(model, handler(_request(model, parameters)))
        except Fault as fault:
            return _refusal(fault)

    return call


def timestamp(moment: datetime) -> str:
    """As RDS writes times: UTC, milliseconds (cut off, so that the end of a restorable window stays inside it)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@cache
def _rds() -> ServiceModel:
    return botocore.session.get_session().get_service_model("rds")


@cache
def _statuses() -> dict[str, int]:
    errors = [shape.metadata["error"] for shape in _rds().error_shapes if "error" in shape.metadata]
    return {error["code"]: error.get("httpStatusCode", _BAD_REQUEST) for error in errors if "code" in error}


def _request(model: OperationModel, parameters: Mapping[str, Any]) -> Request:
    tree: dict[str, Any] = {}
    for name, given in parameters.items():
        *path, last = name.split(".")
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
        branch[last] = given[0] if isinstance(given, list) else given
    if model.input_shape is None:
        return {}
    found: Request = _read(model.input_shape, tree)
    if missing := [name for name in model.input_shape.required_members if name not in found]:
        raise Fault("MissingParameter", f"The request must contain the parameter {missing[0]}.")
    return found


def _read(shape: Shape, given: Any) -> Any:
    match shape:
        case StructureShape():
            return {name: _read(member, given[name]) for name, member in shape.members.items() if name in given}
        case ListShape():
            return [_read(shape.member, item) for item in _items(given)]
        case _:
            return _READERS.get(shape.type_name, str)(given)


def _items(given: Any) -> list[Any]:
    """A list's items, whether they came as `Name.member.1`, `Name.Item.1` or `Name.1`."""
    numbered = given
    while isinstance(numbered, dict) and not all(key.isdigit() for key in numbered):
        numbered = next(iter(numbered.values()))
    return [numbered[key] for key in sorted(numbered, key=int)] if isinstance(numbered, dict) else []


def _moment(given: str) -> datetime:
    try:
        read = datetime.fromisoformat(given)
    except ValueError:
        raise Fault("InvalidParameterValue", f"{given} is not a time.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "boolean": lambda given: given.lower() == "true",
    "integer": int,
    "long": int,
    "double": float,
    "float": float,
    "timestamp": _moment,
}

_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "boolean": lambda value: str(bool(value)).lower(),
    "timestamp": timestamp,
}


def _answer(model: OperationModel, result: Mapping[str, Any]) -> Answer:
    root = ET.Element(f"{model.name}Response", xmlns=model.metadata["xmlNamespace"])
    if model.output_shape is not None:
        wrapper = model.output_shape.serialization.get("resultWrapper", f"{model.name}Result")
        _write(model.output_shape, result, ET.SubElement(root, wrapper))
    meta = ET.SubElement(root, "ResponseMetadata")
    ET.SubElement(meta, "RequestId").text = str(uuid4())
    return 200, dict(_XML), ET.tostring(root, encoding="utf-8")


def _write(shape: Shape, value: Any, element: ET.Element) -> None:
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                if value.get(name) is not None:
                    _write(member, value[name], ET.SubElement(element, name))
        case ListShape():
            item_name = shape.member.serialization.get("name", "member")
            for item in value:
                _write(shape.member, item, ET.SubElement(element, item_name))
        case _:
            element.text = _WRITERS.get(shape.type_name, str)(value)


def _refusal(fault: Fault) -> Answer:
    root = ET.Element("ErrorResponse", xmlns=_rds().metadata["xmlNamespace"])
    error = ET.SubElement(root, "Error")
    for name, text in (("Type", "Sender"), ("Code", fault.code), ("Message", fault.message)):
        ET.SubElement(error, name).text = text
    ET.SubElement(root, "RequestId").text = str(uuid4())
    return _statuses().get(fault.code, _BAD_REQUEST), dict(_XML), ET.tostring(root, encoding="utf-8")
