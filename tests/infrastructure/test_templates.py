"""What is deployed, read from the synthesized templates."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from infrastructure.templates import Assembly
from lambdas import settings as runtime_settings
from lambdas.evidence.metrics import NAMESPACE
from lambdas.payload import instant
from lambdas.recovery.names import DRILL_TAG, ENVIRONMENT_TAG
from lambdas.scaling.request import read_request
from lambdas.steps import BY_NAME, STEPS

KEPT = ("Retain", "Retain")
WORKFLOWS = ("dr-drill", "sweep", "platform-restore", "retire", "scale", "ready-check")
TOLD, ROUTED = "coder-day2-prod-drills", "coder-day2-prod-scaling"


class TestEvidence:
    @pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SNS::Topic", "AWS::KMS::Key"])
    def test_outlives_its_stack(self, prod: Assembly, kind: str) -> None:
        found = [each for each in prod.of_type(kind) if each.get("TopicName") != ROUTED]
        assert found
        assert {each["_policy"] for each in found} == {KEPT}

    def test_cannot_be_deleted_by_deleting_the_stack(self, prod: Assembly) -> None:
        manifest = json.loads((prod.folder / "manifest.json").read_text())
        assert manifest["artifacts"]["coder-day2-prod-evidence"]["properties"]["terminationProtection"]
        assert prod.one("AWS::DynamoDB::Table")["DeletionProtectionEnabled"]

    def test_is_locked_versioned_and_encrypted(self, prod: Assembly) -> None:
        bucket = prod.one("AWS::S3::Bucket", BucketName="coder-day2-prod-evidence-111122223333-eu-central-1")
        assert bucket["ObjectLockEnabled"]
        assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Days": 400, "Mode": "GOVERNANCE"}
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        default = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        assert default["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert default["BucketKeyEnabled"]

    def test_is_read_over_tls_and_by_nobody_in_public(self, prod: Assembly) -> None:
        buckets = list(prod.of_type("AWS::S3::Bucket"))
        policies = {
            each["Bucket"]: each["PolicyDocument"]["Statement"] for each in prod.of_type("AWS::S3::BucketPolicy")
        }
        for bucket in buckets:
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert any(
                each["Effect"] == "Deny" and each["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                for each in policies[f"<{bucket['_id']}>"]
            )

    def test_reads_of_the_records_are_logged(self, prod: Assembly) -> None:
        bucket = prod.one("AWS::S3::Bucket", BucketName="coder-day2-prod-evidence-111122223333-eu-central-1")
        log = prod.one("AWS::S3::Bucket", BucketName="coder-day2-prod-access-111122223333-eu-central-1")
        assert bucket["LoggingConfiguration"]["DestinationBucketName"] == f"<{log['_id']}>"

    def test_the_ledger_can_be_brought_back_and_forgets_what_has_expired(self, prod: Assembly) -> None:
        table = prod.one("AWS::DynamoDB::Table")
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert [each["AttributeName"] for each in table["KeySchema"]] == ["pk", "sk"]

    @pytest.mark.parametrize("name", [TOLD, ROUTED])
    def test_alarms_can_publish_to_the_encrypted_topics(self, prod: Assembly, name: str) -> None:
        """Key and topic both have to let CloudWatch in, or no alarm arrives and nobody is told that none does."""
        topic = prod.one("AWS::SNS::Topic", TopicName=name)
        assert "StoreKey" in topic["KmsMasterKeyId"]
        [policy] = [each for each in prod.of_type("AWS::SNS::TopicPolicy") if f"<{topic['_id']}>" in each["Topics"]]
        for statements in (
            prod.one("AWS::KMS::Key")["KeyPolicy"]["Statement"],
            policy["PolicyDocument"]["Statement"],
        ):
            cloudwatch = [each for each in statements if each["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
            assert [each["Condition"] for each in cloudwatch] == [
                {"StringEquals": {"aws:SourceAccount": "111122223333"}}
            ]

    def test_who_is_told_is_in_the_settings(self, prod: Assembly) -> None:
        subscription = prod.one("AWS::SNS::Subscription", Protocol="email")
        assert subscription["Endpoint"] == "platform-team@example.com"


class TestIsolation:
    def test_the_verifier_alone_comes_in_and_nothing_goes_out(self, prod: Assembly) -> None:
        copy = prod.one("AWS::EC2::SecurityGroup", GroupName="coder-day2-prod-copy")
        verifier = prod.one("AWS::EC2::SecurityGroup", GroupName="coder-day2-prod-verifier")
        [way_in] = copy["SecurityGroupIngress"]
        assert way_in["SourceSecurityGroupId"] == f"<{verifier['_id']}.GroupId>"
        assert (way_in["FromPort"], way_in["ToPort"], way_in["IpProtocol"]) == (5432, 5432, "tcp")
        [no_way_out] = copy["SecurityGroupEgress"]
        assert no_way_out["CidrIp"] == "255.255.255.255/32"

    def test_the_verifier_reaches_the_copy_the_platforms_database_and_https_in_the_vpc_only(
        self, prod: Assembly
    ) -> None:
        copy = prod.one("AWS::EC2::SecurityGroup", GroupName="coder-day2-prod-copy")
        verifier = prod.one("AWS::EC2::SecurityGroup", GroupName="coder-day2-prod-verifier")
        assert "SecurityGroupIngress" not in verifier
        assert [(each["CidrIp"], each["FromPort"], each["ToPort"]) for each in verifier["SecurityGroupEgress"]] == [
            ("10.20.0.0/16", 443, 443)
        ]
        ways_out = list(prod.of_type("AWS::EC2::SecurityGroupEgress"))
        assert {each["DestinationSecurityGroupId"] for each in ways_out} == {
            f"<{copy['_id']}.GroupId>",
            "sg-0a1b2c3d4e5f60714",  # platform.database_security_groups
        }
        for each in ways_out:
            assert each["GroupId"] == f"<{verifier['_id']}.GroupId>"
            assert (each["IpProtocol"], each["FromPort"], each["ToPort"]) == ("tcp", 5432, 5432)

    def test_no_rule_anywhere_opens_the_internet(self, prod: Assembly) -> None:
        assert "0.0.0.0/0" not in json.dumps(prod.raw)
        assert "::/0" not in json.dumps(prod.raw)


class TestSteps:
    def test_each_step_is_one_function_with_a_role_and_a_log_of_its_own(self, prod: Assembly) -> None:
        functions = {each["Handler"]: each for each in prod.of_type("AWS::Lambda::Function")}
        assert functions.keys() == {step.handler for step in STEPS}
        assert len({each["Role"] for each in functions.values()}) == len(STEPS)
        assert len({each["LoggingConfig"]["LogGroup"] for each in functions.values()}) == len(STEPS)

    @pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
    def test_runs_as_the_catalogue_says(self, prod: Assembly, step: Any) -> None:
        function = prod.one("AWS::Lambda::Function", Handler=step.handler)
        assert function["FunctionName"] == f"coder-day2-prod-{step.file.replace('_', '-')}"
        assert (function["Timeout"], function["MemorySize"]) == (step.timeout_seconds, step.memory_mb)
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert function["TracingConfig"] == {"Mode": "Active"}

    def test_only_what_speaks_sql_or_kubernetes_is_inside_the_vpc(self, prod: Assembly) -> None:
        inside = {each["Handler"] for each in prod.of_type("AWS::Lambda::Function") if "VpcConfig" in each}
        assert inside == {step.handler for step in STEPS if step.bundle == "inside"}

    def test_both_bundles_are_deployed(self, prod: Assembly) -> None:
        keys = {step.bundle: prod.one("AWS::Lambda::Function", Handler=step.handler)["Code"]["S3Key"] for step in STEPS}
        assert len(set(keys.values())) == 2

    def test_every_log_ends_some_day(self, prod: Assembly) -> None:
        groups = list(prod.of_type("AWS::Logs::LogGroup"))
        assert len(groups) == len(STEPS) + len(WORKFLOWS)
        assert {each["RetentionInDays"] for each in groups} == {90}


class TestWorkflows:
    @pytest.mark.parametrize("workflow", WORKFLOWS)
    def test_every_step_of_the_definition_is_given_its_function(self, prod: Assembly, workflow: str) -> None:
        machine = prod.one("AWS::StepFunctions::StateMachine", StateMachineName=f"coder-day2-prod-{workflow}")
        asset = prod.folder / f"asset.{machine['DefinitionS3Location']['Key']}"
        definition = asset.read_text()
        for step in STEPS:
            assert (f"${{{step.name}}}" in definition) == (step.name in machine["DefinitionSubstitutions"])
        assert definition.count("${") == sum(
            definition.count(f"${{{name}}}") for name in machine["DefinitionSubstitutions"]
        )

    @pytest.mark.parametrize("workflow", WORKFLOWS)
    def test_every_run_is_logged_and_traced(self, prod: Assembly, workflow: str) -> None:
        machine = prod.one("AWS::StepFunctions::StateMachine", StateMachineName=f"coder-day2-prod-{workflow}")
        assert machine["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["TracingConfiguration"] == {"Enabled": True}


class TestStarts:
    def test_two_drills_a_month_and_a_daily_sweep(self, prod: Assembly) -> None:
        schedules = {
            each["Name"]: each
            for each in prod.of_type("AWS::Scheduler::Schedule")
            if not each["Target"]["Arn"].endswith(("-scale", "-ready-check"))
        }
        assert {name: each["ScheduleExpression"] for name, each in schedules.items()} == {
            "monthly-snapshot": "cron(0 3 1 * ? *)",
            "monthly-point-in-time": "cron(0 3 15 * ? *)",
            "sweep": "cron(30 5 * * ? *)",
        }
        for each in schedules.values():
            assert each["ScheduleExpressionTimezone"] == "Europe/Berlin"
            assert each["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
            assert each["State"] == "ENABLED"
            assert each["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 8, "MaximumEventAgeInSeconds": 21600}
            assert each["Target"]["DeadLetterConfig"]["Arn"].startswith("<Undelivered")

    @pytest.mark.parametrize(
        ("name", "recovery_point"),
        [("monthly-snapshot", "latest-snapshot"), ("monthly-point-in-time", "latest-restorable-time")],
    )
    def test_a_drill_is_asked_for_with_its_slot_so_that_a_second_delivery_is_known(
        self, prod: Assembly, name: str, recovery_point: str
    ) -> None:
        target = prod.one("AWS::Scheduler::Schedule", Name=name)["Target"]
        assert target["Arn"].endswith(":stateMachine:coder-day2-prod-dr-drill")
        assert json.loads(target["Input"]) == {
            "recovery_point": recovery_point,
            "slot": "<aws.scheduler.scheduled-time>",
            "started_by": f"schedule {name}",
        }

    def test_node_groups_follow_the_clock_of_the_settings_to_the_minute_or_not_at_all(self, prod: Assembly) -> None:
        schedules = {
            each["Name"]: each
            for each in prod.of_type("AWS::Scheduler::Schedule")
            if each["Target"]["Arn"].endswith(":stateMachine:coder-day2-prod-scale")
        }
        assert {name: each["ScheduleExpression"] for name, each in schedules.items()} == {
            "workspace-morning": "cron(30 6 ? * MON-FRI *)",
            "workspace-evening": "cron(0 20 ? * MON-FRI *)",
            "provisioner-morning": "cron(30 6 ? * MON-FRI *)",
            "provisioner-evening": "cron(0 21 ? * MON-FRI *)",
        }
        for name, each in schedules.items():
            role, _, _ = name.partition("-")
            assert each["ScheduleExpressionTimezone"] == "America/New_York"
            assert each["FlexibleTimeWindow"] == {"Mode": "OFF"}
            assert each["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == 1800
            assert json.loads(each["Target"]["Input"]) == {
                "group": role,
                "profile": "peak" if name.endswith("morning") else "off-peak",
                "when_blocked": "defer",
                "schedule": name,
                "slot": "<aws.scheduler.scheduled-time>",
            }

    def test_nodes_that_are_ordered_ahead_are_looked_for_at_the_promised_time(self, prod: Assembly) -> None:
        checks = {
            each["Name"]: each
            for each in prod.of_type("AWS::Scheduler::Schedule")
            if each["Target"]["Arn"].endswith(":stateMachine:coder-day2-prod-ready-check")
        }
        assert {name: each["ScheduleExpression"] for name, each in checks.items()} == {
            "workspace-morning-ready": "cron(45 6 ? * MON-FRI *)",
            "provisioner-morning-ready": "cron(45 6 ? * MON-FRI *)",
        }
        assert json.loads(checks["workspace-morning-ready"]["Target"]["Input"]) == {
            "group": "workspace",
            "profile": "peak",
            "schedule": "workspace-morning",
            "slot": "<aws.scheduler.scheduled-time>",
        }

    @pytest.mark.parametrize(
        ("rule", "rate", "step"),
        [("measure", "rate(1 minute)", "MeasureDemand"), ("reconcile", "rate(5 minutes)", "ReconcileAlarms")],
    )
    def test_groups_are_measured_every_minute_and_stuck_alarms_looked_for_every_five(
        self, prod: Assembly, rule: str, rate: str, step: str
    ) -> None:
        found = prod.one("AWS::Events::Rule", Name=f"coder-day2-prod-scaling-{rule}")
        assert (found["ScheduleExpression"], found["State"]) == (rate, "ENABLED")
        [target] = found["Targets"]
        assert target["Arn"].startswith(f"<Steps{step}")
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 60
        assert target["DeadLetterConfig"]["Arn"].startswith("<Undelivered")

    def test_what_alarms_say_goes_to_the_router_and_is_kept_where_it_does_not_arrive(self, prod: Assembly) -> None:
        subscription = prod.one("AWS::SNS::Subscription", Protocol="lambda")
        assert subscription["Endpoint"].startswith("<StepsRouteAlarm")
        assert subscription["RedrivePolicy"]["deadLetterTargetArn"].startswith("<Undelivered")

    @pytest.mark.parametrize("step", ["RouteAlarm", "ReconcileAlarms"])
    def test_a_message_on_which_its_function_fails_for_good_is_kept_where_an_alarm_looks(
        self, prod: Assembly, step: str
    ) -> None:
        function = prod.one("AWS::Lambda::Function", Handler=BY_NAME[step].handler)
        assert function["DeadLetterConfig"]["TargetArn"].startswith("<Undelivered")
        assert "sqs:SendMessage" in prod.roles[step].allowed_actions()

    def test_what_a_schedule_asks_for_is_a_request_that_the_machine_takes(self, prod: Assembly) -> None:
        now = datetime(2026, 11, 27, 11, 30, tzinfo=UTC)
        function = prod.one("AWS::Lambda::Function", Handler=BY_NAME["OpenScaling"].handler)
        known = runtime_settings.parse(function["Environment"]["Variables"]["DAY2_SETTINGS"])
        assert known.scaling is not None
        for each in prod.of_type("AWS::Scheduler::Schedule"):
            if each["Target"]["Arn"].endswith("-scale"):
                asked = each["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", instant(now))
                reading = read_request(json.loads(asked), scaling=known.scaling, now=now)
                assert reading.faults == ()
                assert reading.request.origin == "schedule"

    def test_every_death_of_a_drill_is_swept_by_its_execution(self, prod: Assembly) -> None:
        rule = prod.one("AWS::Events::Rule", Name="coder-day2-prod-clean-up")
        assert sorted(rule["EventPattern"]["detail"]["status"]) == ["ABORTED", "FAILED", "TIMED_OUT"]
        assert len(rule["EventPattern"]["detail"]["stateMachineArn"]) == 1
        [target] = rule["Targets"]
        assert target["InputTransformer"] == {
            "InputPathsMap": {"detail-executionArn": "$.detail.executionArn"},
            "InputTemplate": '{"execution":<detail-executionArn>}',
        }
        assert target["DeadLetterConfig"]["Arn"].startswith("<Undelivered")

    def test_what_was_not_delivered_is_kept_encrypted(self, prod: Assembly) -> None:
        queue = prod.one("AWS::SQS::Queue")
        assert queue["SqsManagedSseEnabled"]
        assert queue["MessageRetentionPeriod"] == 14 * 86_400

    def test_the_rule_may_put_what_it_could_not_deliver_into_the_queue(self, prod: Assembly) -> None:
        statements = prod.one("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
        assert any(
            each["Effect"] == "Allow"
            and each["Principal"] == {"Service": "events.amazonaws.com"}
            and each["Action"] == "sqs:SendMessage"
            for each in statements
        )


class TestWatch:
    def test_every_alarm_tells_the_topic_and_says_what_to_do(self, prod: Assembly) -> None:
        routed = {
            f"coder-day2-prod-scale-{way}-{role}" for way in ("out", "in") for role in ("workspace", "provisioner")
        }
        alarms = [each for each in prod.of_type("AWS::CloudWatch::Alarm") if each["AlarmName"] not in routed]
        assert len(alarms) == 3 * len(WORKFLOWS) + 4 + 2
        for each in alarms:
            assert each["AlarmActions"] == ["arn:aws:sns:eu-central-1:111122223333:coder-day2-prod-drills"]
            assert ":" in each["AlarmDescription"]

    @pytest.mark.parametrize(
        ("name", "metric"),
        [
            ("drill-overdue", "DaysSinceLastPassedDrill"),
            ("rpo-unproven", "DaysSinceLastPassedPointInTimeDrill"),
        ],
    )
    def test_a_drill_that_is_overdue_or_not_counted_any_more_sounds(
        self, prod: Assembly, name: str, metric: str
    ) -> None:
        alarm = prod.one("AWS::CloudWatch::Alarm", AlarmName=f"coder-day2-prod-{name}")
        assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, metric)
        assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
            "Environment": "prod",
            "Source": "coder-prod-aurora",
        }
        assert alarm["Threshold"] == 35
        assert alarm["TreatMissingData"] == "breaching"
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 7 * 86_400, "CloudWatch looks back seven days"

    def test_leftovers_sound_until_a_sweep_counts_none(self, prod: Assembly) -> None:
        alarm = prod.one("AWS::CloudWatch::Alarm", AlarmName="coder-day2-prod-leftovers")
        assert (alarm["MetricName"], alarm["Threshold"], alarm["TreatMissingData"]) == ("Leftovers", 1, "ignore")

    @pytest.mark.parametrize("workflow", WORKFLOWS)
    @pytest.mark.parametrize("ending", ["Failed", "TimedOut", "Aborted"])
    def test_every_bad_ending_of_a_workflow_sounds(self, prod: Assembly, workflow: str, ending: str) -> None:
        alarm = prod.one("AWS::CloudWatch::Alarm", AlarmName=f"coder-day2-prod-{workflow}-{ending}")
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", f"Executions{ending}")
        [dimension] = alarm["Dimensions"]
        assert dimension["Value"].endswith(f":stateMachine:coder-day2-prod-{workflow}")

    @pytest.mark.parametrize("role", ["workspace", "provisioner"])
    def test_two_alarms_of_a_group_look_at_one_load_by_two_thresholds(self, prod: Assembly, role: str) -> None:
        """Both tell the router of either state; what is missing rings neither, and the third, which tells people."""
        [out, in_, blind] = [
            prod.one("AWS::CloudWatch::Alarm", AlarmName=f"coder-day2-prod-{name}-{role}")
            for name in ("scale-out", "scale-in", "scaling-blind")
        ]
        for each in (out, in_, blind):
            assert (each["Namespace"], each["MetricName"], each["Period"]) == (NAMESPACE, "Load", 60)
            dimensions = {one["Name"]: one["Value"] for one in each["Dimensions"]}
            assert dimensions == {"Environment": "prod", "Group": role}
        for each in (out, in_):
            topic = f"arn:aws:sns:eu-central-1:111122223333:{ROUTED}"
            assert each["AlarmActions"] == each["OKActions"] == [topic]
            assert each["TreatMissingData"] == "notBreaching"
        assert in_["Threshold"] < out["Threshold"]
        assert in_["EvaluationPeriods"] > out["EvaluationPeriods"]
        assert blind["TreatMissingData"] == "breaching"

    def test_an_alarm_of_the_settings_is_one_that_exists(self, prod: Assembly) -> None:
        function = prod.one("AWS::Lambda::Function", Handler=BY_NAME["RouteAlarm"].handler)
        known = runtime_settings.parse(function["Environment"]["Variables"]["DAY2_SETTINGS"])
        assert known.scaling is not None
        there = {each["AlarmName"] for each in prod.of_type("AWS::CloudWatch::Alarm")}
        assert set(known.scaling.alarms) <= there
        assert known.scaling.machine.endswith(":stateMachine:coder-day2-prod-scale")

    def test_no_alarm_counts_function_errors(self, prod: Assembly) -> None:
        """A step that says NotYet ends in an error: that is the machine's normal waiting."""
        assert not [each for each in prod.of_type("AWS::CloudWatch::Alarm") if each["Namespace"] == "AWS/Lambda"]

    def test_the_dashboard_shows_objectives_and_alarms(self, prod: Assembly) -> None:
        body = prod.one("AWS::CloudWatch::Dashboard")["DashboardBody"]
        assert "DaysSinceLastPassedDrill" in body
        assert "RtoSeconds" in body
        assert [each for each in WORKFLOWS if f"Executions of {each}" not in body] == []
        assert '"value":7200' in body


class TestTheWhole:
    def test_nothing_is_made_by_functions_that_cdk_brings(self, prod: Assembly) -> None:
        kinds = {each["Type"] for each in prod.resources.values()}
        assert not [
            kind for kind in kinds if kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"
        ]

    def test_names_are_what_the_code_and_the_permissions_agree_on(self, prod: Assembly) -> None:
        told = json.dumps([role.statements for role in prod.roles.values()])
        assert f"aws:ResourceTag/{ENVIRONMENT_TAG}" in told
        assert f"aws:RequestTag/{DRILL_TAG}" in told

    def test_outputs_tell_the_command_where_to_look(self, prod: Assembly) -> None:
        assert {"EvidenceBucket", "Ledger", "Topic"} <= prod.raw["evidence"]["Outputs"].keys()
        assert {"DrillMachine", "SweepMachine"} <= prod.raw["operations"]["Outputs"].keys()
