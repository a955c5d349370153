"""A cloud assembly is deployed as the CDK command would."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from core_bench import Workbench

from day2.engine.assembly import DeploymentFailed, deploy

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"


class Assembly:
    """Writes an assembly as `cdk synth` does: a manifest, and for each stack a template and its assets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unique = uuid4().hex[:8]
        self._artifacts: dict[str, Any] = {}

    def stack(
        self,
        name: str,
        resources: dict[str, Any],
        *,
        outputs: dict[str, Any] | None = None,
        after: tuple[str, ...] = (),
        assets: dict[str, Path] | None = None,
    ) -> None:
        full = f"{name}-{self.unique}"
        template = {
            "Parameters": {
                "BootstrapVersion": {
                    "Type": "AWS::SSM::Parameter::Value<String>",
                    "Default": "/cdk-bootstrap/hnb659fds/version",
                }
            },
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
        }
        (self.folder / f"{full}.template.json").write_text(json.dumps(template))
        sources = {f"{full}.template.json": "file"} | {place.name: "zip" for place in (assets or {}).values()}
        files = {
            path: {
                "source": {"path": path, "packaging": packaging},
                "destinations": {"here": {"bucketName": BUCKET, "objectKey": f"{path}.{packaging}"}},
            }
            for path, packaging in sources.items()
        }
        (self.folder / f"{full}.assets.json").write_text(json.dumps({"files": files}))
        self._artifacts[f"{full}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{full}.assets.json"},
        }
        self._artifacts[full] = {
            "type": "aws:cloudformation:stack",
            "properties": {
                "templateFile": f"{full}.template.json",
                "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/hnb659fds/version",
            },
            "dependencies": [*(f"{each}-{self.unique}" for each in after), f"{full}.assets"],
        }
        (self.folder / "manifest.json").write_text(json.dumps({"artifacts": self._artifacts}))


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    return Assembly(tmp_path)


def topic(name: str) -> dict[str, Any]:
    return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}}


def test_stacks_are_deployed_in_the_order_of_their_dependencies(bench: Workbench, assembly: Assembly) -> None:
    name = f"topic-{assembly.unique}"
    arn = f"arn:aws:sns:eu-central-1:000000000000:{name}"
    reads = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": name}}}
    assembly.stack("second", {"Reads": reads}, outputs={"Said": {"Fn::GetAtt": ["Reads", "Value"]}}, after=("first",))
    exported = {"Value": {"Ref": "Topic"}, "Export": {"Name": name}}
    assembly.stack("first", topic(name), outputs={"Topic": {"Ref": "Topic"}})
    template = assembly.folder / f"first-{assembly.unique}.template.json"
    written = json.loads(template.read_text())
    written["Outputs"]["Exported"] = exported
    template.write_text(json.dumps(written))

    outputs = deploy(assembly.folder, bench.engine)

    assert list(outputs.by_stack) == [f"first-{assembly.unique}", f"second-{assembly.unique}"]
    assert (outputs["Topic"], outputs["Said"]) == (arn, arn)
    with pytest.raises(KeyError):
        outputs["None"]


def test_a_functions_bundle_arrives_and_runs(bench: Workbench, assembly: Assembly) -> None:
    bundle = assembly.folder / "asset.abc"
    (bundle / "inner").mkdir(parents=True)
    (bundle / "inner" / "said.py").write_text("WORD = 'from the bundle'")
    (bundle / "main.py").write_text("from inner.said import WORD\n\ndef handler(event, context): return WORD")
    code = {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": "asset.abc.zip"}
    properties = {"Runtime": "python3.13", "Handler": "main.handler", "Role": bench.role(), "Code": code}
    resources = {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    assembly.stack("functions", resources, outputs={"Name": {"Ref": "Function"}}, assets={"code": bundle})
    function = deploy(assembly.folder, bench.engine)["Name"]
    answer = bench.engine.client("lambda").invoke(FunctionName=function)
    assert json.loads(answer["Payload"].read()) == "from the bundle"


def test_what_is_deployed_already_is_updated_or_left(bench: Workbench, assembly: Assembly) -> None:
    name = f"topic-{assembly.unique}"
    assembly.stack("one", topic(name), outputs={"Said": "first"})
    assert deploy(assembly.folder, bench.engine)["Said"] == "first"
    assert deploy(assembly.folder, bench.engine)["Said"] == "first"
    assembly.stack("one", {**topic(name), "More": {"Type": "AWS::SQS::Queue"}}, outputs={"Said": "second"})
    assert deploy(assembly.folder, bench.engine)["Said"] == "second"


def test_the_resource_that_failed_first_and_its_reason_are_told(bench: Workbench, assembly: Assembly) -> None:
    broken = {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": "arn:none", "Protocol": "sms"}}
    rule = {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {"GroupId": "sg-none", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8"},
    }
    assembly.stack("broken", {"Rule": rule, "Later": {**broken, "DependsOn": "Rule"}})
    with pytest.raises(DeploymentFailed, match=r"Rule \(AWS::EC2::SecurityGroupIngress\): .*sg-none") as told:
        deploy(assembly.folder, bench.engine)
    assert told.value.resource == f"broken-{assembly.unique}"


def test_a_type_that_is_unknown_altogether_is_refused_before_anything_is_made(
    bench: Workbench, assembly: Assembly
) -> None:
    assembly.stack("unknown", {"It": {"Type": "AWS::Nowhere::Thing"}})
    with pytest.raises(DeploymentFailed, match="AWS::Nowhere::Thing"):
        deploy(assembly.folder, bench.engine)


def test_without_an_assembly_it_says_what_to_run(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(DeploymentFailed, match="make synth"):
        deploy(tmp_path / "none", bench.engine)
