"""The connection URL that coderd is given: read, and led to another host. Nothing here quotes one: it holds a password.

coderd's driver takes what libpq takes (PostgreSQL, "Connection Strings"): a URL, or `keyword=value` pairs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit, urlunsplit

from lambdas.errors import PlanRefused

POSTGRES = 5432
_SCHEMES = ("postgres", "postgresql")
_PAIR = re.compile(r"\s*(?P<keyword>\w+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>(?:[^\s'\\]|\\.)*))(?=\s|$)")
_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionUrl:
    """What a connection URL names. `text` is all of it, with its parameters."""

    host: str
    port: int
    user: str
    database: str
    password: str | None = field(repr=False)
    text: str = field(repr=False)


def read(text: str, *, resource: str) -> ConnectionUrl:
    """The one host of a connection URL, and how it is signed in to. `resource` says where it stands.

    Raises:
        PlanRefused: it is no such URL, names no host or user, or several hosts.
    """
    url = _of_url(text, resource) if _URL.match(text) else _of_pairs(text, resource)
    if not url.host or url.host.startswith("/"):
        _refuse("The connection URL names no host.", resource)
    if "," in url.host:
        _refuse("The connection URL names several hosts.", resource)
    if not url.user:
        _refuse("The connection URL names no user.", resource)
    return url


def lead(url: ConnectionUrl, *, host: str, port: int, user: str, password: str) -> str:
    """The same URL to another host: with `user` and `password`, where it is that user's and has a password at all.

    One that signs in as somebody else, or without a password (by IAM), keeps its login: the roles come with the data.
    Everything else stays letter for letter.
    """
    same_user = url.user == user and url.password is not None
    secret = password if same_user else url.password
    if _URL.match(url.text):
        return _led_url(url, host=host, port=port, password=secret)
    return _led_pairs(url, host=host, port=port, password=secret)


def _of_url(text: str, resource: str) -> ConnectionUrl:
    try:
        parts = urlsplit(text.strip())
        several = "," in parts.netloc.rpartition("@")[2]
        port = POSTGRES if several else parts.port or POSTGRES
        host = parts.netloc.rpartition("@")[2] if several else parts.hostname or ""
    except ValueError:
        _refuse("The connection URL cannot be read.", resource)
    if parts.scheme not in _SCHEMES:
        _refuse("The connection URL does not begin with postgres:// or postgresql://.", resource)
    if {"host", "hostaddr", "port", "user", "password"} & dict(parse_qsl(parts.query)).keys():
        _refuse("The connection URL names its host or its login among its parameters.", resource)
    user = unquote(parts.username or "")
    return ConnectionUrl(
        host=unquote(host),
        port=port,
        user=user,
        database=unquote(parts.path.removeprefix("/")) or user,
        password=None if parts.password is None else unquote(parts.password),
        text=text.strip(),
    )


def _of_pairs(text: str, resource: str) -> ConnectionUrl:
    pairs = _pairs(text, resource)
    if "hostaddr" in pairs:
        _refuse("The connection string names its host by address (hostaddr).", resource)
    host, port = pairs.get("host", ""), pairs.get("port") or str(POSTGRES)
    if "," not in host and not port.isdigit():
        _refuse("The connection string's port is no number.", resource)
    user = pairs.get("user", "")
    return ConnectionUrl(
        host=host,
        port=int(port) if port.isdigit() else POSTGRES,
        user=user,
        database=pairs.get("dbname") or user,
        password=pairs.get("password"),
        text=text.strip(),
    )


def _pairs(text: str, resource: str) -> Mapping[str, str]:
    found, at, stripped = {}, 0, text.strip()
    while at < len(stripped):
        pair = _PAIR.match(stripped, at)
        if pair is None:
            _refuse("The connection string is neither a URL nor a list of keyword=value.", resource)
        value = pair["quoted"] if pair["quoted"] is not None else pair["plain"]
        found[pair["keyword"]] = _ESCAPED.sub(r"\1", value)
        at = pair.end()
    return found


def _led_url(url: ConnectionUrl, *, host: str, port: int, password: str | None) -> str:
    parts = urlsplit(url.text)
    login, _, place = parts.netloc.rpartition("@")
    if password is not None and password != url.password:
        login = f"{login.partition(':')[0]}:{quote(password, safe='')}"
    told_port = bool(re.search(r":\d+$", place))
    where = f"[{host}]" if ":" in host else host
    where = f"{where}:{port}" if told_port or port != POSTGRES else where
    return urlunsplit(SplitResult(parts.scheme, f"{login}@{where}", parts.path, parts.query, parts.fragment))


def _led_pairs(url: ConnectionUrl, *, host: str, port: int, password: str | None) -> str:
    wanted = {"host": host, "port": str(port), **({} if password is None else {"password": password})}
    had = _pairs(url.text, "")
    if "port" not in had and port == POSTGRES:
        del wanted["port"]

    def put(pair: re.Match[str]) -> str:
        keyword = pair["keyword"]
        if keyword not in wanted or wanted[keyword] == had[keyword]:
            return pair[0]
        before = pair[0][: pair.start("keyword") - pair.start()]
        return f"{before}{keyword}={_quoted(wanted[keyword])}"

    led = _PAIR.sub(put, url.text)
    missing = [f" {keyword}={_quoted(value)}" for keyword, value in wanted.items() if keyword not in had]
    return led + "".join(missing)


def _quoted(value: str) -> str:
    if value and not re.search(r"[\s'\\]", value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _refuse(what: str, resource: str) -> NoReturn:
    raise PlanRefused(
        what,
        resource=resource,
        next_step="A restore leads coderd elsewhere by this URL: give it one host and one user, and start again.",
    ) from None
