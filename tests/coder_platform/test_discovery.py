"""Where the connection URL comes from is read off the Deployment as the kubelet would resolve it."""

import pytest

from lambdas.errors import PlanRefused
from lambdas.platform import discovery
from lambdas.platform.cluster import Container, Variable, WholeSource
from lambdas.restore_contracts import UrlSource

from .samples import URL, by_key, container, deployment, whole

HOLDS_IT = frozenset({URL, "CODER_ACCESS_URL"})


def test_a_secret_of_any_name_and_key_is_found_by_its_reference() -> None:
    found = discovery.find(deployment(container(by_key("our-database", "dsn"))), {})
    assert found == UrlSource(container="coder", secret="our-database", key="dsn", by="secretKeyRef")


def test_of_secrets_taken_whole_the_last_that_has_the_variable_counts() -> None:
    taken = container(env_from=(whole("stale"), whole("database"), whole("other"), whole("none")))
    keys = {"stale": HOLDS_IT, "database": HOLDS_IT, "other": frozenset({"A"}), "none": None}
    assert discovery.wholes(deployment(taken)) == ("stale", "database", "other", "none")
    assert discovery.find(deployment(taken), keys) == UrlSource(
        container="coder", secret="database", key=URL, by="envFrom"
    )


def test_a_prefix_is_a_part_of_the_variable_s_name() -> None:
    taken = container(env_from=(whole("database", "CODER_PG_"), whole("wrong", "OTHER_")))
    keys = {"database": frozenset({"CONNECTION_URL"}), "wrong": HOLDS_IT}
    assert discovery.find(deployment(taken), keys).key == "CONNECTION_URL"


def test_a_variable_of_its_own_goes_before_a_secret_taken_whole() -> None:
    both = container(by_key(), env_from=(whole("stale"),))
    assert discovery.find(deployment(both), {"stale": HOLDS_IT}).secret == "coder-db-url"


def test_coder_s_own_container_is_the_one_that_is_told() -> None:
    beside = container(by_key(), name="exporter", image="registry/exporter:1")
    assert discovery.find(deployment(beside, container(by_key())), {}).container == "coder"
    renamed = container(by_key(), name="server", image="registry/our-coder@sha256:0123")
    assert discovery.find(deployment(beside, renamed), {}).container == "server"


@pytest.mark.parametrize(
    ("containers", "why", "next_step"),
    [
        ((container(),), "No container of it has", "secretKeyRef or envFrom"),
        ((container(env_from=(whole("empty"),)),), "No container of it has", "secretKeyRef or envFrom"),
        (
            (container(Variable(name=URL, source="value", value="postgres://ann:s3cret@db/coder")),),
            "is a plain value",
            "Move it into a Secret",
        ),
        (
            (container(Variable(name=URL, source="config-map", resource="settings", key="url")),),
            "comes from the ConfigMap settings",
            "Move it into a Secret",
        ),
        ((container(Variable(name=URL, source="other")),), "neither a Secret nor a value", "Name a Secret"),
        (
            (container(by_key()), container(by_key("another"), name="exporter", image="exporter")),
            "coder from coder-db-url.url., exporter from another.url.",
            "the same Secret and key",
        ),
    ],
    ids=["missing", "missing in what is taken whole", "value", "ConfigMap", "field", "two places"],
)
def test_what_cannot_be_led_elsewhere_is_refused_with_what_to_do(
    containers: tuple[Container, ...], why: str, next_step: str
) -> None:
    with pytest.raises(PlanRefused, match=why) as refused:
        discovery.find(deployment(*containers), {"empty": frozenset()})
    assert next_step in refused.value.next_step
    assert refused.value.resource == "coder/coder"
    assert "s3cret" not in str(refused.value) + repr(containers)


def test_a_config_map_taken_whole_is_no_secret() -> None:
    taken = container(env_from=(WholeSource(source="config-map", resource="settings"),))
    assert discovery.wholes(deployment(taken)) == ()


@pytest.mark.parametrize(
    ("made", "port"),
    [
        (container(ports=(("metrics", 2112), ("http", 3000))), 3000),
        (container(Variable(name="CODER_HTTP_ADDRESS", source="value", value="0.0.0.0:7080")), 7080),
        (container(), 8080),
    ],
)
def test_coderd_is_asked_where_its_container_listens(made: Container, port: int) -> None:
    assert discovery.http_port(made) == port


def test_signing_in_by_iam_is_seen() -> None:
    by_iam = container(by_key(), Variable(name="CODER_PG_AUTH", source="value", value="awsiamrds"))
    assert discovery.by_iam(deployment(by_iam))
    assert not discovery.by_iam(deployment())
