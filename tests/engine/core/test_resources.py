"""Templates deploy as they are: what MiniStack refuses is made, or at least accepted."""

import pytest
from core_bench import Workbench

GROUP = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "a group", "VpcId": "vpc-00000001"}}


def test_rules_between_two_groups_that_name_each_other_stand_in_the_groups(bench: Workbench) -> None:
    port = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    outputs = bench.stack(
        {
            "Verifier": GROUP,
            "Copy": GROUP,
            "In": {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {
                    **port,
                    "GroupId": {"Fn::GetAtt": ["Copy", "GroupId"]},
                    "SourceSecurityGroupId": {"Fn::GetAtt": ["Verifier", "GroupId"]},
                },
            },
            "Out": {
                "Type": "AWS::EC2::SecurityGroupEgress",
                "Properties": {
                    **port,
                    "GroupId": {"Fn::GetAtt": ["Verifier", "GroupId"]},
                    "DestinationSecurityGroupId": {"Fn::GetAtt": ["Copy", "GroupId"]},
                },
            },
        },
        {"Copy": {"Ref": "Copy"}, "Verifier": {"Ref": "Verifier"}},
    )
    client = bench.engine.client("ec2")
    copy, verifier = (
        client.describe_security_groups(GroupIds=[outputs[name]])["SecurityGroups"][0] for name in ("Copy", "Verifier")
    )
    assert [pair["GroupId"] for rule in copy["IpPermissions"] for pair in rule["UserIdGroupPairs"]] == [
        outputs["Verifier"]
    ]
    assert outputs["Copy"] in [
        pair["GroupId"] for rule in verifier["IpPermissionsEgress"] for pair in rule["UserIdGroupPairs"]
    ]


@pytest.mark.parametrize(
    ("resource_type", "properties", "reference", "attribute"),
    [
        ("AWS::CloudWatch::CompositeAlarm", {"AlarmName": "all", "AlarmRule": "TRUE"}, "all", "Arn"),
        ("AWS::RDS::EventSubscription", {"SubscriptionName": "sub", "SnsTopicArn": "arn:x"}, "sub", None),
        (
            "AWS::StepFunctions::StateMachineVersion",
            {"StateMachineArn": "arn:aws:states:eu-central-1:000000000000:stateMachine:m"},
            "arn:aws:states:eu-central-1:000000000000:stateMachine:m:1",
            "Arn",
        ),
        (
            "AWS::EKS::AccessEntry",
            {"ClusterName": "coder-prod", "PrincipalArn": "arn:y"},
            "arn:aws:eks:eu-central-1:000000000000:access-entry/coder-prod/",
            "AccessEntryArn",
        ),
    ],
)
def test_a_type_that_is_not_made_has_a_plausible_name_all_the_same(
    bench: Workbench, resource_type: str, properties: dict[str, str], reference: str, attribute: str | None
) -> None:
    outputs: dict[str, object] = {"Ref": {"Ref": "It"}}
    if attribute:
        outputs["Attribute"] = {"Fn::GetAtt": ["It", attribute]}
    seen = bench.stack({"It": {"Type": resource_type, "Properties": properties}}, outputs)
    assert seen["Ref"].startswith(reference)
    assert not attribute or seen["Attribute"].startswith("arn:aws:")
