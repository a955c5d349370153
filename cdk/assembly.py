"""The app of one environment: its three stacks, in the order in which they are deployed."""

from importlib.metadata import PackageNotFoundError, version

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from cdk.names import Names
from cdk.settings import EnvironmentSettings
from cdk.stacks.evidence import EvidenceStack
from cdk.stacks.operations import OperationsStack
from cdk.stacks.watch import WatchStack

# Here and not in cdk.json, so that `python app.py` makes the same templates as the CDK command.
_FLAGS = {
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,  # the access-log bucket takes no ACLs
    "@aws-cdk/core:defaultCrossStackReferences": "strong",  # evidence cannot go while operations use its key
}


def build(settings: EnvironmentSettings, *, outdir: str | None) -> App:
    """The app, ready to synthesize into `outdir` (None: where the CDK command asks for it)."""
    app = App(outdir=outdir, analytics_reporting=False, context=_FLAGS)
    names = Names(settings=settings)
    evidence = EvidenceStack(app, names=names)
    operations = OperationsStack(app, names=names, evidence_key=evidence.store.key.key_arn, version=_version())
    watch = WatchStack(app, names=names)
    operations.add_stack_dependency(evidence)
    watch.add_stack_dependency(operations)
    Tags.of(app).add("system", "coder-day2")
    inspect(app)
    return app


def inspect(app: App) -> None:
    """Let cdk-nag refuse the synthesis of anything that AwsSolutions finds fault with and nobody accepted."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def _version() -> str:
    try:
        return version("coder-day2")
    except PackageNotFoundError:
        return "unknown"
