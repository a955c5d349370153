"""Security-group rules that stand as resources of their own, which two groups that name each other need.

MiniStack knows rules only inside their group, and refuses a template that has them apart. They are made in the
group itself here, so that DescribeSecurityGroups shows them.
"""

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from day2.engine.settings import EngineSettings

NEEDS = (
    "services.cloudformation.provisioners._RESOURCE_HANDLERS",
    "services.cloudformation.provisioners._ec2_sg_permissions",
    "services.ec2._rules_match",
    "services.ec2._security_groups",
)

Properties = Mapping[str, Any]


def install(_settings: EngineSettings) -> None:
    for direction, store in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        provisioners._RESOURCE_HANDLERS[f"AWS::EC2::SecurityGroup{direction}"] = _handlers(store)


def _handlers(store: str) -> dict[str, Any]:
    def create(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, dict[str, str]]:
        rule_id = f"sgr-{new_uuid().replace('-', '')[:17]}"
        _rules(properties, store).append(_rule(properties))
        return rule_id, {"Id": rule_id}

    def update(rule_id: str, old: Properties, new: Properties, stack: str) -> tuple[str, dict[str, str]]:
        delete(rule_id, old)
        return create("", new, stack)

    def delete(_rule_id: str, properties: Properties) -> None:
        if properties["GroupId"] in ec2._security_groups:
            rules, gone = _rules(properties, store), _rule(properties)
            rules[:] = [each for each in rules if not ec2._rules_match(each, gone)]

    return {"create": create, "update": update, "delete": delete}


def _rules(properties: Properties, store: str) -> list[Any]:
    group = ec2._security_groups.get(properties["GroupId"])
    if group is None:
        raise ValueError(f"The security group '{properties['GroupId']}' does not exist")
    rules: list[Any] = group.setdefault(store, [])
    return rules


def _rule(properties: Properties) -> Any:
    return provisioners._ec2_sg_permissions([properties])[0]
