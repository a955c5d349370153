"""Label and field selectors of a list request."""

import re
from collections.abc import Iterator, Mapping

from day2.engine.fake_kubernetes.requests import Object

_IN_SET = re.compile(r"(?P<key>\S+) (?P<how>in|notin) \((?P<values>[^)]*)\)")
_BETWEEN_TERMS = re.compile(r",(?![^(]*\))")


def selects(query: Mapping[str, str], content: Object) -> bool:
    labels = content["metadata"].get("labels", {})
    fields = {
        "metadata.name": content["metadata"]["name"],
        "spec.nodeName": content.get("spec", {}).get("nodeName", ""),
        "status.phase": content.get("status", {}).get("phase", ""),
    }
    wanted = ((query.get("labelSelector", ""), labels), (query.get("fieldSelector", ""), fields))
    return all(_matches(term, values) for selector, values in wanted for term in _terms(selector))


def _terms(selector: str) -> Iterator[str]:
    return (term.strip() for term in _BETWEEN_TERMS.split(selector) if term.strip())


def _matches(term: str, values: Mapping[str, str]) -> bool:
    """One term of a selector: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`."""
    if found := _IN_SET.fullmatch(term):
        listed = {value.strip() for value in found["values"].split(",")}
        return (values.get(found["key"]) in listed) == (found["how"] == "in")
    key, different, value = term.partition("!=")
    if different:
        return values.get(key) != value
    key, same, value = term.replace("==", "=").partition("=")
    if same:
        return values.get(key) == value
    return key.removeprefix("!") in values if not key.startswith("!") else key[1:] not in values
