from hypothesis import given
from hypothesis import strategies as st

from lambdas.verification import structure

from .samples import key


@given(name=st.text(min_size=1).filter(lambda text: "\n" not in text), first=st.integers(0), length=st.integers(0))
def test_a_part_is_read_as_it_was_written(name: str, first: int, length: int) -> None:
    assert structure.read_part(structure.part(name, (first, first + length))) == (name, (first, first + length))


def test_an_item_without_a_range_is_all_of_it() -> None:
    assert structure.read_part("users") == ("users", None)


def test_a_quote_in_a_name_ends_no_string() -> None:
    assert structure.literal("o'clock") == "'o''clock'"


def test_the_keys_of_a_table_are_looked_at_in_one_pass() -> None:
    statement = structure.orphans([key("b", "a"), key("b", "c", column="other_id")])

    assert statement == (
        "SELECT count(*) FILTER (WHERE c.parent_id IS NOT NULL AND p0.id IS NULL), "
        "count(*) FILTER (WHERE c.other_id IS NOT NULL AND p1.id IS NULL)\n"
        "FROM public.b c\n"
        "LEFT JOIN public.a p0 ON p0.id = c.parent_id\n"
        "LEFT JOIN public.c p1 ON p1.id = c.other_id"
    )
