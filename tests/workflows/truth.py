"""What a restore's record says, against what the world of the test is really like."""

import json
from functools import cache
from importlib import resources

from jsonschema import Draft202012Validator

from .interpreter import Execution
from .restoring import OLD, Stage


def told_truly(here: Stage, execution: Execution) -> None:
    """The record of the restore, where one could be stored, is whole and says of the platform what is so."""
    for record in here.cloud.records():
        _schema().validate(record)
        said, serving = record["serving"], here.platform.serving()
        match said["database"]:
            case "restored":
                assert serving == {here.restored(execution)}
            case "old":
                assert serving == {OLD} if said["proven"] or not record["outage"]["periods"] else serving <= {OLD}
            case "nothing":
                assert (serving, here.platform.coder_replicas()) == (set(), 0)
        if execution.status == "FAILED" and record["outcome"]["error"]:
            assert execution.error == record["outcome"]["error"]["name"]
        assert [item for item in here.cloud.ledger() if item["pk"].startswith("restore-lock#")] == []


@cache
def _schema() -> Draft202012Validator:
    text = resources.files("lambdas.evidence").joinpath("restore_record.schema.json").read_text()
    return Draft202012Validator(json.loads(text), format_checker=Draft202012Validator.FORMAT_CHECKER)
