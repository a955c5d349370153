"""Where drills leave their records: bucket, ledger and topic, with the key that encrypts them."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk.findings import accept
from cdk.names import Names


class EvidenceStore(Construct):
    """Everything in it is kept when the stack goes: a record must not end with the software that wrote it."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._from_this_account = {"StringEquals": {"aws:SourceAccount": names.settings.aws.account}}
        self.key = self._key()
        self.bucket = self._bucket()
        self.table = self._table()
        self.topic = self._topic()

    def _key(self) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            alias=f"alias/{self._names.prefix}-evidence",
            description="Encrypts the records and messages of restore drills",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        # CloudWatch encrypts what it publishes in its own name: without this no alarm ever arrives.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublishEncrypted",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions=self._from_this_account,
            )
        )
        return key

    def _bucket(self) -> s3.Bucket:
        evidence = self._names.settings.evidence
        access_log = s3.Bucket(
            self,
            "AccessLog",
            bucket_name=self._names.access_log_bucket,
            encryption=s3.BucketEncryption.S3_MANAGED,  # log delivery cannot write with a key of ours
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(evidence.retention_days))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        accept(
            access_log,
            "S1",
            reason="The access-log bucket is where reads of the evidence bucket are logged; its own would loop.",
        )
        days = Duration.days(evidence.retention_days)
        with_kms = evidence.encryption == "kms"
        return s3.Bucket(
            self,
            "Bucket",
            bucket_name=self._names.bucket,
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=(
                s3.ObjectLockRetention.compliance(days)
                if evidence.object_lock == "COMPLIANCE"
                else s3.ObjectLockRetention.governance(days)
            ),
            encryption=s3.BucketEncryption.KMS if with_kms else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self.key if with_kms else None,
            bucket_key_enabled=True if with_kms else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            server_access_logs_bucket=access_log,
            server_access_logs_prefix="evidence/",
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _table(self) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Ledger",
            table_name=self._names.table,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Topic",
            topic_name=self._names.topic,
            display_name=f"Restore drills ({self._names.environment})",
            master_key=self.key,
            enforce_ssl=True,
        )
        topic.apply_removal_policy(RemovalPolicy.RETAIN)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions=self._from_this_account,
            )
        )
        for email in self._names.settings.watch.emails:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic
