import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas import payload
from lambdas.contracts import VerificationPlan
from lambdas.settings import Verification
from lambdas.verification import checks, packing, planning, structure
from lambdas.verification.packing import GIB, MIB, Item
from lambdas.verification.planning import HEAP, INDEX, INDEX_WITH_HEAP
from lambdas.verification.structure import Inventory, Relation

from .samples import inventory, key, table

SETTINGS = Verification()
STEP_FUNCTIONS_PAYLOAD = 256 * 1024


def plan(held: Inventory, settings: Verification = SETTINGS, *, seed: str = "drill") -> VerificationPlan:
    return planning.plan(held, chosen=checks.chosen("drill", expect={}), settings=settings, seed=seed)


def items(found: VerificationPlan, kind: str) -> list[str]:
    return [item for group in found.groups if group.kind == kind for item in group.items]


def heap(name: str, size: int) -> Relation:
    return Relation(name=name, kind="heap", bytes=size, heap_bytes=size)


def index(name: str, size: int, *, heap_bytes: int = 8 * GIB) -> Relation:
    return Relation(name=name, kind="index", bytes=size, heap_bytes=heap_bytes)


@given(seconds=st.lists(st.floats(0.001, 1000), max_size=60), capacity=st.floats(1, 500))
def test_every_item_is_planned_once_and_no_group_is_too_long_unless_one_item_is(
    seconds: list[float], capacity: float
) -> None:
    work = [Item(names=(f"item-{number}",), seconds=each) for number, each in enumerate(seconds)]

    groups = packing.pack("sql", work, capacity=capacity)

    planned = sorted(item for group in groups for item in group.items)
    assert planned == sorted(name for item in work for name in item.names)
    for group in groups:
        assert group.planned_seconds <= capacity + 0.001 or len(group.items) == 1


@given(blocks=st.integers(0, 10**7), parts=st.integers(1, 50))
def test_ranges_cover_every_block_once(blocks: int, parts: int) -> None:
    covered = 0
    for first, last in packing.ranges(blocks, parts=parts):
        assert first == covered
        assert last >= first
        covered = last + 1
    assert covered == blocks


def test_a_small_database_is_one_group_of_each_kind() -> None:
    held = inventory(tables=(table("a"), table("b")), keys=(key("b", "a"),), relations=(heap("public.a", 8192),))

    assert [group.id for group in plan(held).groups] == ["sql-1", "foreign-keys-1", "counts-1", "physical-1"]


def test_every_foreign_key_and_every_logged_table_is_planned_and_the_others_are_said() -> None:
    held = inventory(
        tables=(table("a"), table("b"), table("u", unlogged=True)),
        keys=(key("b", "a"), key("u", "a", unlogged=True)),
    )

    found = plan(held)

    assert sorted(items(found, "foreign-keys")) == ["NC_b.b_parent_id_fkey", "b.b_parent_id_fkey"]
    assert items(found, "counts") == ["a", "b"]
    assert found.notes == {
        checks.FOREIGN_KEYS: "1 of unlogged tables left out",
        checks.ROW_COUNTS: "unlogged and left out: u",
    }
    assert found.unlogged == ("u",)


def test_the_planted_orphan_goes_into_the_cheapest_foreign_key() -> None:
    held = inventory(
        tables=(table("a", rows=5), table("big", rows=10**6), table("small", rows=7)),
        keys=(key("big", "a"), key("small", "a")),
    )

    assert "NC_small.small_parent_id_fkey" in items(plan(held), "foreign-keys")


def test_a_table_too_large_for_one_function_is_counted_and_joined_in_ranges() -> None:
    held = inventory(
        tables=(table("a"), table("b"), table("huge", 800 * GIB, rows=10**9)), keys=(key("huge", "a"), key("b", "a"))
    )

    found = plan(held)

    for kind in ("counts", "foreign-keys"):
        parts = [structure.read_part(item) for item in items(found, kind) if item.startswith("huge")]
        ranges = sorted(blocks for _, blocks in parts if blocks)
        assert len(ranges) > 1
        assert ranges[0][0] == 0
        assert ranges[-1][1] == 800 * GIB // 8192 - 1
    assert max(group.planned_seconds for group in found.groups) <= SETTINGS.group_seconds


TABLES = sorted({name for check in checks.catalogue() for name in check.tables})
sizes = st.builds(
    lambda blocks, rows: (blocks * structure.BLOCK_BYTES, rows), st.integers(0, 4 * 2**27), st.integers(0, 10**10)
)


@settings(deadline=None, max_examples=50)
@given(of=st.dictionaries(st.sampled_from(TABLES), sizes), pairs=st.sets(st.tuples(*[st.sampled_from(TABLES)] * 2)))
def test_whatever_the_sizes_no_group_comes_near_the_functions_end_and_all_is_planned_once(
    of: dict[str, tuple[int, int]], pairs: set[tuple[str, str]]
) -> None:
    held = inventory(
        tables=tuple(table(name, of.get(name, (0, 0))[0], rows=of.get(name, (0, 0))[1]) for name in TABLES),
        keys=tuple(key(child, parent, column=f"{parent}_id") for child, parent in sorted(pairs)),
    )

    found = plan(held)

    for group in found.groups:
        assert group.planned_seconds <= packing.LONGEST_ITEM_SECONDS
        assert group.bounded or group.planned_seconds <= SETTINGS.group_seconds
        assert not group.bounded or len({item.split(".")[0] for item in group.items}) == 1
    assert sorted(items(found, "sql")) == sorted(items(plan(inventory()), "sql"))
    for kind in ("counts", "foreign-keys"):
        planned = items(found, kind)
        assert len(planned) == len(set(planned))
    assert {structure.read_part(item)[0] for item in items(found, "foreign-keys") if not item.startswith("NC_")} == {
        each.item for each in held.foreign_keys
    }


def test_a_check_over_a_table_too_large_for_its_time_runs_by_itself_and_is_bounded() -> None:
    held = inventory(tables=(table("audit_logs", 150 * GIB, rows=5 * 10**8), table("users"), table("api_keys")))

    alone = [group for group in plan(held).groups if group.bounded]

    assert {group.items for group in alone} == {
        ("A11_write_freshness_seconds",),
        ("A13_nothing_after_recovery_point",),
        ("G01_audit_latest",),
    }


def test_every_range_of_a_table_pays_for_the_whole_parent() -> None:
    parent = table("parent", 8 * GIB, rows=20_000_000)
    held = inventory(tables=(parent, table("huge", 800 * GIB, rows=10**9)), keys=(key("huge", "parent"),))
    whole = packing.whole(parent)
    assert SETTINGS.group_seconds / 2 < whole < SETTINGS.group_seconds

    found = [group for group in plan(held).groups if group.items[0].startswith("huge") and group.kind == "foreign-keys"]

    assert all(len(group.items) == 1 for group in found)
    for group in found:
        assert whole < group.planned_seconds <= whole + SETTINGS.group_seconds / 2 + 1


def test_the_keys_of_a_table_part_where_their_parents_together_take_too_long() -> None:
    parents = [table(name, 4 * GIB, rows=30_000_000) for name in ("one", "other")]
    keys = [key("child", name, column=f"{name}_id") for name in ("one", "other")]

    apart = plan(inventory(tables=(table("child"), *parents), keys=tuple(keys)))
    together = plan(inventory(tables=(table("child"), table("one"), table("other")), keys=tuple(keys)))

    assert max(group.planned_seconds for group in apart.groups) <= SETTINGS.group_seconds
    assert not any(group.bounded for group in apart.groups)
    assert len([group for group in apart.groups if group.kind == "foreign-keys"]) == 2
    assert len([group for group in together.groups if group.kind == "foreign-keys"]) == 1


def test_a_key_whose_parent_alone_takes_too_long_is_tried_once_and_not_in_ranges() -> None:
    held = inventory(
        tables=(table("parent", 800 * GIB, rows=10**9), table("child", 800 * GIB, rows=10**9)),
        keys=(key("child", "parent"),),
    )

    found = [group for group in plan(held).groups if group.kind == "foreign-keys"]

    assert [(group.items, group.bounded) for group in found] == [
        (("NC_child.child_parent_id_fkey",), True),
        (("child.child_parent_id_fkey",), True),
    ]


def test_large_heaps_are_checked_whole_in_ranges_and_larger_ones_by_sample() -> None:
    whole, sampled = heap("public.whole", 20 * GIB), heap("public.sampled", 100 * GIB)

    work, told = planning.physical([whole, sampled], settings=SETTINGS, seed="drill")

    blocks = {"public.whole": 0, "public.sampled": 0}
    for item in work:
        name, limits = structure.read_part(item.names[0].removeprefix(HEAP))
        assert limits is not None
        blocks[name] += limits[1] - limits[0] + 1
    assert blocks["public.whole"] == 20 * GIB // 8192
    assert blocks["public.sampled"] == pytest.approx(0.05 * 100 * GIB // 8192, rel=0.01)
    assert told == "5 % of the blocks of public.sampled"


def test_another_drill_samples_other_blocks() -> None:
    relation = heap("public.sampled", 100 * GIB)

    one, _ = planning.physical([relation], settings=SETTINGS, seed="20261023-00000000")
    other, _ = planning.physical([relation], settings=SETTINGS, seed="20261123-00000000")

    assert {item.names for item in one}.isdisjoint({item.names for item in other})


@given(size=st.integers(21 * GIB, 64_000 * GIB), percent=st.integers(1, 100), seed=st.text(max_size=8))
def test_a_sample_stays_within_its_relation_and_never_looks_twice(size: int, percent: int, seed: str) -> None:
    settings = Verification(sample_percent=percent)

    work, _ = planning.physical([heap("public.x", size)], settings=settings, seed=seed)

    last = -1
    for item in work:
        _, limits = structure.read_part(item.names[0])
        assert limits is not None
        assert limits[0] > last or percent > 90  # at nearly all of it, neighbours may share a block
        assert limits[1] < size // 8192
        last = limits[1]


def test_an_index_that_would_take_too_long_is_left_out_and_named() -> None:
    work, told = planning.physical([index("public.big_pkey", 21 * GIB)], settings=SETTINGS, seed="drill")

    assert not work
    assert told == "left out for their size: public.big_pkey"


def test_an_index_is_compared_with_its_heap_where_that_is_cheap() -> None:
    cheap, dear = index("public.a_pkey", MIB, heap_bytes=MIB), index("public.b_pkey", MIB)

    work, _ = planning.physical([cheap, dear], settings=SETTINGS, seed="drill")

    assert [item.names[0] for item in work] == [f"{INDEX_WITH_HEAP}public.a_pkey", f"{INDEX}public.b_pkey"]


@pytest.mark.parametrize(
    ("amcheck", "words"),
    [("absent", "not installed"), ("too old", "PostgreSQL 14"), ("forbidden", "may not"), ("unavailable", "not offer")],
)
def test_where_amcheck_cannot_be_had_the_physical_check_is_skipped_with_the_reason(amcheck: str, words: str) -> None:
    found = plan(inventory(amcheck=amcheck))

    (skipped,) = [result for result in found.skipped if result.id == checks.PHYSICAL]
    assert skipped.verdict == "skip"
    assert words in skipped.detail
    assert found.facts.amcheck.startswith("unavailable: ")
    assert not items(found, "physical")


def test_a_check_on_an_absent_object_is_skipped_and_the_object_named() -> None:
    found = plan(inventory(absent=frozenset({"crypto_keys.feature"})))

    (skipped,) = found.skipped
    assert skipped.id == "F04_crypto_keys_usable"
    assert skipped.verdict == "skip"
    assert skipped.detail == "not in this database: crypto_keys.feature"
    assert "F04_crypto_keys_usable" not in items(found, "sql")


def test_the_control_of_a_skipped_check_is_not_planned() -> None:
    found = plan(inventory(absent=frozenset({"workspace_builds.workspace_id"})))

    assert "NC_D02_workspaces_without_build" not in items(found, "sql")


def test_the_plan_of_a_database_of_five_hundred_tables_fits_into_a_payload() -> None:
    names = [f"a_table_with_a_rather_long_name_{number}" for number in range(500)]
    held = inventory(
        tables=tuple(table(name, 40 * MIB) for name in names),
        keys=tuple(key(name, names[0], column=f"column_{number}") for name in names for number in range(2)),
        relations=tuple(heap(f"public.{name}", 40 * MIB) for name in names)
        + tuple(index(f"public.{name}_pkey", 10 * MIB) for name in names),
    )

    # The rest of the drill's state, results and judgement included, needs a quarter at most.
    assert len(json.dumps(payload.write(plan(held)))) < STEP_FUNCTIONS_PAYLOAD * 3 // 4
