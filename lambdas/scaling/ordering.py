"""In which order sizes and nodes change, so that EKS takes each order and none of them ends a node by itself."""

from dataclasses import replace

from lambdas.scaling.contracts import Decision, Demand, Order, Plan, Sizes


def plan(decision: Decision) -> Plan:
    """The decision with its orders."""
    orders = order(decision)
    return Plan(
        decision=decision,
        order=orders,
        orders_first=orders.first is not None,
        orders_last=orders.last is not None,
    )


def order(decision: Decision) -> Order:
    """What is ordered before nodes go and what after.

    To grow is one order. To shrink is none: nodes are terminated one by one, and each lowers the desired size. Only
    where limits change as well, the minimum is lowered before, or no node could go, and the maximum after, or EKS
    would refuse it or end nodes of its own choice.
    """
    before, after = decision.before, decision.after
    match decision.action:
        case "grow":
            return Order(first=after)
        case "shrink":
            wide = Sizes(
                smallest=min(before.smallest, after.smallest),
                desired=before.desired,
                largest=max(before.largest, after.largest),
            )
            return Order(
                first=None if wide == before else wide,
                last=None if replace(wide, desired=after.desired) == after else after,
            )
        case _:
            return Order()


def never_lower(sizes: Sizes, *, than: Sizes) -> Sizes:
    """`sizes` with at least the nodes that are desired now: a lower desired size ends nodes of EKS's own choice.

    Fewer nodes may have gone than were planned, because something started on them in time.
    """
    desired = max(sizes.desired, than.desired)
    return replace(sizes, desired=desired, largest=max(sizes.largest, desired))


def goes_on(decision: Decision, demand: Demand, *, late: bool) -> bool:
    """Whether a deferred shrink tries again later: nodes are left that should go, and there is time."""
    return demand.when_blocked == "defer" and decision.left > 0 and not late
