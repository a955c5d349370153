"""What the Terraform state must become after a cut-over: which address holds what, and how it gets there.

After `repoint` the platform's database has another name: its addresses are taken by the old one, and an import over an
address that is taken is refused, so they are given up first. After `swap-identifiers` every name is what it was, and
the state only has to be read again. In both cases the old cluster is in no state any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.handover.state_operations import assign, natural
from lambdas.recovery.database import Cluster
from lambdas.restore_contracts import BeforeDatabase, Restoration, Strategy
from lambdas.settings import Terraform


@dataclass(frozen=True, slots=True, kw_only=True)
class StateHandover:
    """The state as it must become.

    serving    the restored cluster, under the name that it has after the cut-over
    imports    address -> identifier, the cluster first: what the state is to hold. The instances' indexes are those of
               a state that counts them in the order of their names; `state_operations` sees the state as it is
    old        the old cluster as it is called now; None where it is gone
    variables  what of the environment's variables changes: name -> value
    """

    restore: str
    strategy: Strategy
    source: str
    serving: str
    resource_id: str
    instances: tuple[str, ...]
    imports: Mapping[str, str]
    old: str | None
    variables: Mapping[str, str]
    terraform: Terraform

    def document(self) -> dict[str, Any]:
        """`handover.json`, which `state_operations.py` and `plan_guard.py` read beside the operator's state."""
        return {
            "restore": self.restore,
            "strategy": self.strategy,
            "source": self.source,
            "workspace": self.terraform.workspace,
            "var_file": self.terraform.var_file,
            "cluster": {"address": self.terraform.cluster, "id": self.serving, "resource_id": self.resource_id},
            "instances": {"address": self.terraform.instances, "ids": list(self.instances)},
        }


def serving_name(restoration: Restoration) -> str:
    """The name of the restored cluster after the cut-over."""
    return restoration.source if restoration.strategy == "swap-identifiers" else restoration.target


def hand_over(
    restoration: Restoration,
    live: Cluster,
    *,
    before: BeforeDatabase,
    former: Sequence[str],
    terraform: Terraform,
) -> StateHandover:
    """`live` is the restored cluster as RDS shows it now, `former` the names that the old one's instances had."""
    repointed = restoration.strategy == "repoint"
    indexes = dict(enumerate(sorted(former, key=natural)))
    placed = assign(live.members, indexes, source=restoration.source, target=live.name)
    instances = {f"{terraform.instances}[{index}]": name for index, name in sorted(placed.items())}
    old = restoration.source if repointed else restoration.old_name
    return StateHandover(
        restore=restoration.id,
        strategy=restoration.strategy,
        source=restoration.source,
        serving=live.name,
        resource_id=live.resource_id,
        instances=tuple(sorted(live.members, key=natural)),
        imports={terraform.cluster: live.name, **instances},
        old=old if before.exists else None,
        variables={terraform.identifier_variable: live.name} if repointed else {},
        terraform=terraform,
    )


def operations(handover: StateHandover) -> tuple[str, ...]:
    """What is done to the state, in words and in order, each with its reason."""
    terraform = handover.terraform
    first = f"Keep the state as it is, by `terraform state pull` in the workspace {terraform.workspace}."
    last = "Plan, and refuse what would destroy or replace a database."
    if handover.strategy == "swap-identifiers":
        refresh = (
            f"Refresh the state (`terraform apply -refresh-only`): its addresses hold {handover.serving}, which is "
            f"the restored cluster since the names were swapped. Its resource id becomes {handover.resource_id}."
        )
        return (first, refresh, last)
    give_up = (
        f"Take `{terraform.cluster}` and every `{terraform.instances}[n]` out of the state (`terraform state rm`): "
        f"they hold {handover.source}, and nothing is imported over what an address holds. In AWS nothing changes."
    )
    imports = [f"Import {name} as `{address}`." for address, name in handover.imports.items()]
    variables = [
        f'Set `{name} = "{value}"` in {terraform.var_file}, so that the configuration means the restored cluster.'
        for name, value in handover.variables.items()
    ]
    return (first, *variables, give_up, *imports, last)


def summary(handover: StateHandover) -> str:
    """The handover in a sentence or two, for the report."""
    if handover.strategy == "swap-identifiers":
        return (
            f"Every name in Terraform kept its value: the state of {handover.serving} is only refreshed. "
            "Run handover.sh in Terraform's folder."
        )
    return (
        f"{len(handover.imports)} addresses of Terraform's state change from {handover.source} to {handover.serving}, "
        f"and one variable in {handover.terraform.var_file}. Run handover.sh in Terraform's folder; until then no plan "
        "of it may be applied."
    )
