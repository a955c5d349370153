"""Deploys a CDK cloud assembly (`cdk.out`) to an engine, as the CDK command would, without Node.

What the CDK command does on AWS is done here through the same APIs: assets into the bootstrap bucket, the
bootstrap version as an SSM parameter, one stack after the other in the order of their dependencies.
"""

import json
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from io import BytesIO
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from day2.engine.engine import Engine
from day2.engine.failures import PreparationFailed

STACK_SECONDS = 120.0
_POLL_SECONDS = 0.05
_BOOTSTRAP_VERSION = 30
"""Of a current bootstrap stack; templates ask for 6 and more."""

_STACK = "aws:cloudformation:stack"
_ASSETS = "cdk:asset-manifest"
_NOTHING_TO_DO = "No updates are to be performed"
_CONSEQUENCES = ("cancelled", "The following resource(s) failed")


class DeploymentFailed(PreparationFailed):
    """A stack could not be created or updated."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Every stack's outputs, by stack name."""

    by_stack: Mapping[str, Mapping[str, str]]

    def __getitem__(self, name: str) -> str:
        """The output `name` of whichever stack has it. Raises KeyError."""
        for outputs in self.by_stack.values():
            if name in outputs:
                return outputs[name]
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stack:
    """A stack artifact of the assembly's manifest."""

    name: str
    template: str
    bootstrap_parameter: str
    tags: Mapping[str, str]


def deploy(assembly: Path, engine: Engine) -> Outputs:
    """Deploy every stack of `assembly`; stacks that exist are updated. Raises DeploymentFailed."""
    manifest = _read(assembly / "manifest.json")
    places: dict[str, str] = {}
    for artifact in manifest["artifacts"].values():
        if artifact["type"] == _ASSETS:
            places |= _upload(assembly, artifact["properties"]["file"], engine)
    outputs = {}
    for stack in _in_order(manifest["artifacts"]):
        _allow_bootstrap_check(stack, engine)
        url = f"{engine.endpoint}/{places[stack.template]}"
        outputs[stack.name] = _deploy_stack(stack, url, engine)
    return Outputs(outputs)


def _in_order(artifacts: Mapping[str, Any]) -> Iterator[_Stack]:
    needs = {key: artifact.get("dependencies", ()) for key, artifact in artifacts.items()}
    for key in TopologicalSorter(needs).static_order():
        artifact = artifacts[key]
        if artifact["type"] == _STACK:
            properties = artifact["properties"]
            yield _Stack(
                name=properties.get("stackName", key),
                template=properties["templateFile"],
                bootstrap_parameter=properties.get("bootstrapStackVersionSsmParameter", ""),
                tags=properties.get("tags", {}),
            )


def _upload(assembly: Path, manifest_file: str, engine: Engine) -> dict[str, str]:
    """Put the assets of one manifest where it wants them: the `bucket/key` of each source path."""
    places = {}
    for asset in _read(assembly / manifest_file)["files"].values():
        source = assembly / asset["source"]["path"]
        body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            bucket, key = (_resolved(destination[name], engine) for name in ("bucketName", "objectKey"))
            _ensure_bucket(bucket, engine)
            engine.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
            places[asset["source"]["path"]] = f"{bucket}/{key}"
    return places


def _resolved(text: str, engine: Engine) -> str:
    known = {"AccountId": engine.settings.account, "Region": engine.settings.region, "Partition": "aws"}
    for name, value in known.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _zipped(folder: Path) -> bytes:
    """A folder as Lambda takes it. Stored without compression: it travels over loopback only."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                bundle.write(file, file.relative_to(folder))
    return archive.getvalue()


def _ensure_bucket(bucket: str, engine: Engine) -> None:
    client = engine.client("s3")
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError:
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": engine.settings.region})


def _allow_bootstrap_check(stack: _Stack, engine: Engine) -> None:
    if stack.bootstrap_parameter:
        engine.client("ssm").put_parameter(
            Name=stack.bootstrap_parameter, Value=str(_BOOTSTRAP_VERSION), Type="String", Overwrite=True
        )


def _deploy_stack(stack: _Stack, url: str, engine: Engine) -> dict[str, str]:
    client = engine.client("cloudformation")
    request = {
        "StackName": stack.name,
        "TemplateURL": url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }
    try:
        change = client.update_stack if _exists(stack.name, engine) else client.create_stack
        change(**request)
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if _NOTHING_TO_DO not in message:
            raise DeploymentFailed(
                f"CloudFormation refused the stack: {message}.", resource=stack.name, next_step="Correct the template."
            ) from error
    return _wait(stack.name, engine)


def _exists(name: str, engine: Engine) -> bool:
    try:
        found = engine.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return False
    return bool(found)


def _wait(name: str, engine: Engine) -> dict[str, str]:
    """The outputs of a stack that has reached its end. Raises DeploymentFailed."""
    client = engine.client("cloudformation")
    deadline = time.monotonic() + STACK_SECONDS
    while True:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        status = stack["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        if not status.endswith("IN_PROGRESS") or time.monotonic() > deadline:
            events = client.get_paginator("describe_stack_events").paginate(StackName=name)
            raise DeploymentFailed(
                f"The stack ended in {status}: {_why(event for page in events for event in page['StackEvents'])}.",
                resource=name,
                next_step="A resource type that the engine lacks becomes a no-op in"
                " day2/engine/extensions/no_op_resources.py.",
            )
        time.sleep(_POLL_SECONDS)


def _why(events: Iterable[Mapping[str, Any]]) -> str:
    """The failure that came first; those that followed from it are left out. `events` are newest first."""
    failures = [
        f"{event['LogicalResourceId']} ({event.get('ResourceType', '?')}): {event.get('ResourceStatusReason', '')}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
        and not any(each in event.get("ResourceStatusReason", "") for each in _CONSEQUENCES)
    ]
    return failures[-1].rstrip(".") if failures else "no resource said why"


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except FileNotFoundError as error:
        raise DeploymentFailed(
            "There is no cloud assembly to deploy.", resource=str(file), next_step="Run `make synth`."
        ) from error
