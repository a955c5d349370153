"""WriteHandover: what Terraform has to be told after a cut-over, stored with the restore's evidence."""

from lambdas.adapters import aws, rds
from lambdas.adapters.archive import Archive
from lambdas.contracts import Blueprint
from lambdas.errors import RequestRefused
from lambdas.handover import files
from lambdas.handover.replacing import attributes, warnings
from lambdas.handover.terraform import hand_over, serving_name, summary
from lambdas.recovery.database import Cluster
from lambdas.restore_contracts import BeforeDatabase, Handover, Restoration
from lambdas.runtime import Call, step
from lambdas.settings import Terraform


@step
def handler(call: Call) -> Handover:
    """Take `restoration`, `blueprint` and `before` (BeforeDatabase); give the Handover.

    What serves is asked for under the name that it has after the cut-over: the names of its instances are then the ones
    that AWS knows. Run again, it stores the same files over the ones before.
    """
    restoration = call.take(Restoration, "restoration")
    blueprint = call.take(Blueprint, "blueprint")
    before = call.take(BeforeDatabase, "before")
    live = _live(restoration)
    # What the source was called before swap-identifiers renamed it: the plan's own words for its instances.
    former = tuple(each.name for each in blueprint.members) or before.instances
    terraform = call.settings.restore.terraform if call.settings.restore else Terraform()
    handover = hand_over(restoration, live, before=before, former=former, terraform=terraform)
    said = warnings(handover, live, blueprint)
    place = files.Place(
        bucket=call.settings.evidence.bucket,
        folder=files.folder_of(source=restoration.source, restore=restoration.id),
    )
    written = files.files(
        handover,
        warnings=said,
        attributes=attributes(live, blueprint, source=restoration.source),
        place=place,
    )
    archive = Archive(place.bucket, aws.client("s3"))
    keys = {name: f"{place.folder}/{name}" for name in written}
    for name, content in written.items():
        kind = files.MARKDOWN if name == files.README else files.TEXT
        archive.put(keys[name], content.encode(), content_type=kind)
    return Handover(files=keys, summary=summary(handover), warnings=said)


def _live(restoration: Restoration) -> Cluster:
    name = serving_name(restoration)
    live = rds.door().cluster(name)
    if live is None:
        raise RequestRefused(
            "There is no cluster of the name that the restored one has after the cut-over.",
            resource=name,
            next_step="See what became of it; nothing can be handed over to Terraform.",
        )
    return live
