"""What a time limit makes of each kind of work: the server's answer is a fake, which always comes too late."""

import pytest

from lambdas.adapters.postgres import Refusal
from lambdas.contracts import CheckGroup, CheckResult
from lambdas.verification import checks, groups
from lambdas.verification.groups import Known
from lambdas.verification.work import Outcome

from .samples import key

B01 = next(check for check in checks.catalogue() if check.id == "B01_users_active")
KEY = key("b", "a")
KNOWN = Known(checks={check.id: check for check in (B01, B01.planted)}, foreign_keys={KEY.item: KEY})


class TooLate:
    """A session whose every statement is ended by its limit."""

    def attempt(self, statement: str, *, doing: str, seconds: float) -> Refusal:  # noqa: ARG002  a Session's form
        return Refusal("57014")


def ran(kind: str, *items: str, bounded: bool) -> tuple[CheckResult, ...]:
    group = CheckGroup(id="x", kind=kind, items=items, planned_seconds=600, bounded=bounded)  # type: ignore[arg-type]
    outcomes: list[Outcome] = [
        task.run(TooLate(), lambda: 600.0)  # type: ignore[arg-type]
        for task in groups.tasks(group, KNOWN)
    ]
    return groups.assemble(group, outcomes, known=KNOWN, seconds=600).checks


WORK = [
    ("sql", B01.id),
    ("sql", B01.planted.id),
    ("foreign-keys", KEY.item),
    ("foreign-keys", f"NC_{KEY.item}"),
    ("physical", "index public.a_pkey"),
]


@pytest.mark.parametrize(("kind", "item"), WORK)
def test_bounded_work_that_does_not_end_is_unfinished_and_its_limit_is_told(kind: str, item: str) -> None:
    (found,) = ran(kind, item, bounded=True)

    assert (found.verdict, found.unfinished) == ("skip", True)
    assert "did not end within the 600 s that it may take" in found.detail


@pytest.mark.parametrize(("kind", "item"), WORK)
def test_work_that_was_planned_to_end_in_time_is_not_excused(kind: str, item: str) -> None:
    (found,) = ran(kind, item, bounded=False)

    assert not found.unfinished
    # A planted fault has to be seen, and was not: that fails the verifier's own check.
    assert found.verdict == ("skip" if found.control else "fail")
