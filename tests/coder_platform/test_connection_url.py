"""A connection URL is led to another host and keeps everything else; it is never quoted."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.errors import PlanRefused
from lambdas.platform import connection_url
from lambdas.platform.connection_url import ConnectionUrl

NEW = "of the secret"
HOST = "coder-prod-restored.cluster-x.eu-west-1.rds.amazonaws.com"
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1, max_size=20)


def read(text: str) -> ConnectionUrl:
    return connection_url.read(text, resource="coder/coder-db-url[url]")


def lead(text: str, *, user: str = "coder_admin", password: str = NEW, port: int = 5432) -> str:
    return connection_url.lead(read(text), host=HOST, port=port, user=user, password=password)


@pytest.mark.parametrize(
    ("text", "led"),
    [
        (
            "postgres://coder_admin:old@old.example:5432/coder?sslmode=verify-full&sslrootcert=/ca.pem",
            f"postgres://coder_admin:of%20the%20secret@{HOST}:5432/coder?sslmode=verify-full&sslrootcert=/ca.pem",
        ),
        (
            "postgresql://coder_admin:of%20the+secret@old.example/coder",
            f"postgresql://coder_admin:of%20the%20secret@{HOST}/coder",
        ),
        ("postgres://coder%5Fadmin:x@old/coder", f"postgres://coder%5Fadmin:of%20the%20secret@{HOST}/coder"),
        ("postgres://coder_admin:x@[::1]:6432/", f"postgres://coder_admin:of%20the%20secret@{HOST}:5432/"),
        ("postgres://app:kept%2F@old/coder", f"postgres://app:kept%2F@{HOST}/coder"),
        ("postgres://coder_admin@old/coder?sslmode=require", f"postgres://coder_admin@{HOST}/coder?sslmode=require"),
        (
            "host=old.example port=6432 user=coder_admin password='it\\'s old' dbname=coder sslmode=require",
            f"host={HOST} port=5432 user=coder_admin password='of the secret' dbname=coder sslmode=require",
        ),
        ("user=app  host = 'old' password=a://b", f"user=app  host={HOST} password=a://b"),
    ],
)
def test_host_and_password_change_and_the_rest_stays_letter_for_letter(text: str, led: str) -> None:
    assert lead(text) == led


def test_a_password_that_is_the_same_keeps_its_own_escapes() -> None:
    text = "postgres://coder_admin:p%61ss%2fword@old/coder"
    assert lead(text, password="pass/word") == f"postgres://coder_admin:p%61ss%2fword@{HOST}/coder"


def test_a_port_that_is_not_the_usual_one_is_told() -> None:
    assert lead("postgres://app:x@old/coder", port=6432) == f"postgres://app:x@{HOST}:6432/coder"
    assert lead("host=old user=app", port=6432) == f"host={HOST} user=app port=6432"


@given(user=TEXT, password=TEXT, fresh=TEXT, database=TEXT)
def test_whatever_the_login_holds_it_is_read_back_as_it_was_meant(
    user: str, password: str, fresh: str, database: str
) -> None:
    text = f"postgres://{quote(user, safe='')}:{quote(password, safe='')}@old:5432/{quote(database, safe='')}"
    before, after = read(text), read(lead(text, user=user, password=fresh))
    assert (before.user, before.password, before.database) == (user, password, database)
    assert (after.host, after.user, after.password, after.database) == (HOST, user, fresh, database)


@given(password=TEXT | st.just("with spaces and 'quotes' and \\"), fresh=st.text(min_size=1, max_size=20))
def test_a_password_among_pairs_is_read_back_as_it_was_meant(password: str, fresh: str) -> None:
    written = password.replace("\\", "\\\\").replace("'", "\\'")
    text = f"host=old user=coder_admin password='{written}' dbname=coder"
    assert read(text).password == password
    assert read(lead(text, password=fresh)).password == fresh


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("postgres://ann:s3cret@one,two/coder", "several hosts"),
        ("postgres://ann:s3cret@one:5432,two:5432/coder", "several hosts"),
        ("host=one,two user=ann password=s3cret", "several hosts"),
        ("mysql://ann:s3cret@one/coder", "does not begin with postgres"),
        ("postgres://ann:s3cret@one:port/coder", "cannot be read"),
        ("postgres://ann:s3cret@[one/coder", "cannot be read"),
        ("postgres://ann:s3cret@/coder", "names no host"),
        ("postgres:///coder?host=one&user=ann&password=s3cret", "among its parameters"),
        ("postgres://one/coder", "names no user"),
        ("host=/var/run/postgresql user=ann password=s3cret", "names no host"),
        ("hostaddr=10.0.0.1 user=ann password=s3cret", "by address"),
        ("host=one port=s3cret user=ann", "port is no number"),
        ("s3cret", "neither a URL nor a list"),
        ("", "names no host"),
    ],
)
def test_what_cannot_be_led_is_refused_without_being_quoted(text: str, why: str) -> None:
    with pytest.raises(PlanRefused, match=why) as refused:
        read(text)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_url_never_shows_its_password() -> None:
    assert "s3cret" not in repr(read("postgres://ann:s3cret@one/coder"))
