"""The canonical form: one record, one row of bytes."""

import hashlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.evidence.canonical import canonical, digest, normal

SCALARS = st.none() | st.booleans() | st.text() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def shuffled(value: Any) -> Any:
    """The same JSON with every object's members the other way round."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
def test_the_order_of_members_does_not_matter(value: Any) -> None:
    assert canonical(value) == canonical(shuffled(value))


@given(VALUES)
def test_reading_the_bytes_and_writing_them_again_changes_nothing(value: Any) -> None:
    content = canonical(value)
    assert canonical(json.loads(content)) == content
    assert json.loads(content) == normal(value)


@given(st.floats(-1e12, 1e12))
def test_no_number_is_written_with_an_exponent(value: float) -> None:
    assert b"e" not in canonical(value)


def test_a_whole_float_and_its_integer_are_one() -> None:
    assert canonical([12.0, -0.0, 0.00004]) == b"[12,0,0]"


def test_members_are_ordered_by_utf16_code_units() -> None:
    # U+1F600 begins with the unit D83D, which sorts before U+FB33: by code point it would be the other way round.
    assert list(json.loads(canonical({"\ufb33": 1, "\U0001f600": 2}))) == ["\U0001f600", "\ufb33"]


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, "\ud800", {1, 2}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each has a message of its own
        canonical(value)


def test_the_digest_is_sha256_of_the_bytes() -> None:
    assert digest(canonical({"b": 1, "a": "é"})) == hashlib.sha256('{"a":"é","b":1}'.encode()).hexdigest()
