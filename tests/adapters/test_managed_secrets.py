"""Whether RDS still keeps a master secret for a cluster: by the tag with the cluster's ARN, whole and exact."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from lambdas.adapters.secrets import Secrets
from lambdas.errors import AccessRefused

TAG = "aws:rds:primaryDBClusterArn"
ARN = "arn:aws:rds:eu-west-1:123456789012:cluster:"


@pytest.fixture(scope="module")
def client() -> Any:
    """One for all tests: making it takes longer than any of them."""
    return boto3.client(
        "secretsmanager", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    with mock_aws():
        yield


def listed(*tags: tuple[str, str]) -> dict[str, Any]:
    return {
        "SecretList": [
            {"ARN": f"arn:aws:secretsmanager:::secret:{at}", "Tags": [{"Key": key, "Value": value}]}
            for at, (key, value) in enumerate(tags)
        ]
    }


def test_only_the_secret_of_exactly_this_cluster_is_found(client: Any) -> None:
    answer = listed((TAG, f"{ARN}drill-1"), (TAG, f"{ARN}drill-10"), (TAG, f"{ARN}a-drill-1"), ("Name", "drill-1"))
    with Stubber(client) as stub:
        expected = {"Filters": [{"Key": "tag-key", "Values": [TAG]}]}
        stub.add_response("list_secrets", answer, expected)
        assert Secrets(client).managed_by("drill-1") == ("arn:aws:secretsmanager:::secret:0",)


def test_every_page_is_read(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("list_secrets", listed((TAG, f"{ARN}another")) | {"NextToken": "more"})
        stub.add_response("list_secrets", listed((TAG, f"{ARN}drill-1")))
        assert len(Secrets(client).managed_by("drill-1")) == 1


def test_none_is_found_where_none_is(client: Any) -> None:
    client.create_secret(Name="coder/prod/aurora-master", SecretString="{}")
    assert Secrets(client).managed_by("drill-1") == ()


def test_a_denied_listing_is_not_an_empty_one(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("list_secrets", "AccessDeniedException")
        with pytest.raises(AccessRefused):
            Secrets(client).managed_by("drill-1")
