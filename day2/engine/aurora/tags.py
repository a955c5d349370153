"""AddTagsToResource and RemoveTagsFromResource: by the ARN that a resource has now, of no resource that is gone."""

from day2.engine.aurora import stores
from day2.engine.aurora.records import Aurora, Shown
from day2.engine.aurora.wire import Request


def add(aurora: Aurora, request: Request) -> Shown:
    """Set tags; the other ones stay."""
    arn = _existing(aurora, request["ResourceName"])
    values = {tag["Key"]: tag.get("Value", "") for tag in [*stores.tags_of(arn), *request["Tags"]]}
    stores.set_tags(arn, [{"Key": key, "Value": value} for key, value in values.items()])
    return {}


def remove(aurora: Aurora, request: Request) -> Shown:
    """Take tags away by their keys."""
    arn = _existing(aurora, request["ResourceName"])
    stores.set_tags(arn, [tag for tag in stores.tags_of(arn) if tag["Key"] not in request["TagKeys"]])
    return {}


def _existing(aurora: Aurora, arn: str) -> str:
    """The ARN of a resource that exists, where its kind is one that this package keeps."""
    find = {"cluster": aurora.cluster, "db": aurora.instance, "cluster-snapshot": aurora.snapshot}
    kind = (arn.split(":", 6) + [""] * 6)[5]
    if kind in find:
        find[kind](arn)
    return arn


CALLS = {
    "AddTagsToResource": add,
    "RemoveTagsFromResource": remove,
}
