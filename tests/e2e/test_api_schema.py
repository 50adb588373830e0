"""Whatever is sent to the API, it answers as its OpenAPI document says: never a 500, never another form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.e2e.product import Product, running_product

EXAMPLES = 12
"""Of each operation; more are for a quieter hour."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("api")) as started:
        yield started


@pytest.fixture(scope="module")
def key(product: Product) -> str:
    product.remora("admin", "create", "ann", "--role", "owner")
    scopes = ("chat", "intents.read", "intents.write", "reminders.read", "reminders.write", "people.read", "audit.read")
    return product.remora(
        "token", "create", "test", "--owner", "ann", *(part for scope in scopes for part in ("--scope", scope))
    ).strip()


@pytest.mark.process
@pytest.mark.parametrize("path", ["/api/v1", "/v1"])
def test_every_operation_keeps_its_word(product: Product, key: str, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{product.url}{path}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert operations
    for operation in operations:
        _checked(operation, key)


def _checked(operation: Any, key: str) -> None:
    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def check(case: Any) -> None:
        parts = unquote("".join(str(value) for value in (case.path_parameters or {}).values()))
        assume(all(ord(mark) >= 32 for mark in parts))  # no route takes the others, so it is not the API that answers
        response = case.call(headers={"Authorization": f"Bearer {key}"}, timeout=30)
        assert response.status_code < 500, response.text
        if response.status_code >= 400:
            assert response.json()["error"]["message"]
        case.validate_response(response, checks=[response_schema_conformance, content_type_conformance])

    check()
