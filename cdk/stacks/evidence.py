"""The evidence stack: what outlives every version of the software."""

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from cdk.constructs.evidence_store import EvidenceStore
from cdk.names import Names


class EvidenceStack(Stack):
    """Records, ledger and topic. Protected from deletion, and all of it is kept if the stack goes."""

    def __init__(self, scope: Construct, *, names: Names) -> None:
        aws = names.settings.aws
        super().__init__(
            scope,
            names.stack("evidence"),
            description="coder-day2: the evidence of restore drills",
            env=Environment(account=aws.account, region=aws.region),
            termination_protection=True,
        )
        self.store = EvidenceStore(self, "Store", names=names)
        CfnOutput(self, "EvidenceBucket", value=self.store.bucket.bucket_name)
        CfnOutput(self, "Ledger", value=self.store.table.table_name)
        CfnOutput(self, "Topic", value=self.store.topic.topic_arn)
