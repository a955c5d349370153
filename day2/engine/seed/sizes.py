"""How much production there is. Counts of rows follow from these few numbers."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The dimensions of a seeded deployment.

    users       people besides Coder's own system user; one in eleven has left
    workspaces  ever made; one in six is deleted
    rounds      on how many days a workspace was started and stopped, on average over its life (a year at most)
    templates   of which the last is deleted
    versions    of each template that compiled; one more never did
    logins      audited sign-ins of each active user in the last 90 days
    lanes       connections that load side by side
    """

    name: str
    users: int
    workspaces: int
    rounds: int
    templates: int
    versions: int
    logins: int
    lanes: int

    def times(self, factor: int) -> "Size":
        """As many times the people, their workspaces and what follows from them; the templates stay."""
        return replace(
            self, name=f"{self.name} x {factor}", users=self.users * factor, workspaces=self.workspaces * factor
        )


SMALL = Size(name="small", users=40, workspaces=120, rounds=4, templates=6, versions=3, logins=5, lanes=1)
LARGE = Size(name="large", users=1_200, workspaces=3_700, rounds=8, templates=24, versions=20, logins=20, lanes=2)


def size_named(name: str) -> Size:
    """`small` or `large`; ValueError names the choices."""
    sizes = {size.name: size for size in (SMALL, LARGE)}
    if name not in sizes:
        raise ValueError(f"no seed is called {name!r}: choose {' or '.join(sizes)}")
    return sizes[name]
