"""Resource types that MiniStack's CloudFormation refuses: accepted here, with a plausible name, and not made.

A template stays as it is for AWS; what therefore is not shown on the engine stands beside each type.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services.cloudformation import provisioners

from day2.engine.settings import EngineSettings

NEEDS = ("services.cloudformation.provisioners._RESOURCE_HANDLERS",)

Properties = Mapping[str, Any]
Value = Literal["arn", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOp:
    """A type that is only written down.

    arn         behind `arn:aws:`, with {region}, {account}, {name} and the resource's own {properties}
    named_by    the property that holds its name, when it has one
    ref         what `Ref` gives
    attributes  what each `Fn::GetAtt` gives
    not_shown   what the engine therefore cannot prove
    """

    arn: str
    not_shown: str
    named_by: str = "Name"
    ref: Value = "arn"
    attributes: Mapping[str, Value] = field(default_factory=dict)


NO_OPS: Mapping[str, NoOp] = {
    "AWS::CloudWatch::CompositeAlarm": NoOp(
        arn="cloudwatch:{region}:{account}:alarm:{name}",
        named_by="AlarmName",
        ref="name",
        attributes={"Arn": "arn"},
        not_shown="a composite alarm never changes its state",
    ),
    "AWS::StepFunctions::StateMachineVersion": NoOp(
        arn="{StateMachineArn}:1",
        attributes={"Arn": "arn"},
        not_shown="versions of a state machine are not kept",
    ),
    "AWS::StepFunctions::StateMachineAlias": NoOp(
        arn="states:{region}:{account}:stateMachine:{name}",
        attributes={"Arn": "arn"},
        not_shown="an alias routes nothing",
    ),
    "AWS::EKS::AccessEntry": NoOp(
        arn="eks:{region}:{account}:access-entry/{ClusterName}/{name}",
        named_by="",
        attributes={"AccessEntryArn": "arn"},
        not_shown="Kubernetes permissions of a role: the fake Kubernetes API lets every signed caller in",
    ),
    "AWS::RDS::EventSubscription": NoOp(
        arn="rds:{region}:{account}:es:{name}",
        named_by="SubscriptionName",
        ref="name",
        not_shown="RDS sends no events",
    ),
    "AWS::EC2::FlowLog": NoOp(
        arn="ec2:{region}:{account}:vpc-flow-log/{name}",
        named_by="",
        ref="name",
        attributes={"Id": "name"},
        not_shown="no network, so no flow log",
    ),
    "AWS::Logs::QueryDefinition": NoOp(
        arn="logs:{region}:{account}:query-definition:{name}",
        named_by="",
        ref="name",
        attributes={"QueryDefinitionId": "name"},
        not_shown="saved queries",
    ),
    "AWS::XRay::Group": NoOp(
        arn="xray:{region}:{account}:group/{name}",
        named_by="GroupName",
        attributes={"GroupARN": "arn"},
        not_shown="traces are not grouped",
    ),
}


def install(_settings: EngineSettings) -> None:
    for resource_type, no_op in NO_OPS.items():
        provisioners._RESOURCE_HANDLERS.setdefault(resource_type, _handlers(no_op))


def _handlers(no_op: NoOp) -> dict[str, Any]:
    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, str]]:
        name = str(properties.get(no_op.named_by) or f"{stack}-{logical_id}-{new_uuid()[:8]}")
        return _values(no_op, name, properties)

    def update(physical_id: str, old: Properties, new: Properties, _stack: str) -> tuple[str, dict[str, str]]:
        name = str(new.get(no_op.named_by) or physical_id)
        same = new.get(no_op.named_by) == old.get(no_op.named_by)
        return (physical_id, _values(no_op, name, new)[1]) if same else _values(no_op, name, new)

    def delete(_physical_id: str, _properties: Properties) -> None:
        """Nothing was made."""

    return {"create": create, "update": update, "delete": delete}


def _values(no_op: NoOp, name: str, properties: Properties) -> tuple[str, dict[str, str]]:
    texts = {key: value for key, value in properties.items() if isinstance(value, str)}
    filled = no_op.arn.format(**texts, name=name, region=get_region(), account=get_account_id())
    known = {"name": name, "arn": filled if filled.startswith("arn:") else f"arn:aws:{filled}"}
    return known[no_op.ref], {attribute: known[value] for attribute, value in no_op.attributes.items()}
