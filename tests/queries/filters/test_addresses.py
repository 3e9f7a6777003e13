"""The form of an address by which networks are compared, held against Python's own reading of addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.engine import connect
from tests.queries.filters.reference import ip_key

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Few characters, so that much of what is made is nearly an address.
NEARLY = st.lists(st.sampled_from(["0", "1", "9", "a", "F", "256", ":", "::", ".", "10.9.8.7", "ffff"])).map("".join)
IPV6 = st.builds(IPv6Address, st.integers(0, 2**128 - 1) | st.integers(0, 2**40))
FORMS = st.builds(str, st.builds(IPv4Address, st.integers(0, 2**32 - 1))) | st.one_of(
    IPV6.map(str),
    IPV6.map(lambda address: address.exploded.upper()),
    IPV6.map(lambda address: f"{address.exploded[:30]}{IPv4Address(int(address) & 0xFFFFFFFF)}"),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(tmp_path_factory.mktemp("engine"))
    yield connection
    connection.close()


def key(database: duckdb.DuckDBPyConnection, address: str) -> str | None:
    ((found,),) = database.execute("SELECT ip_key_of(?)", [address]).fetchall()
    return found if found is None else str(found)


@given(FORMS | NEARLY)
def test_an_address_is_read_in_every_form(database: duckdb.DuckDBPyConnection, address: str) -> None:
    assert key(database, address) == ip_key(address)


@pytest.mark.parametrize(
    "address",
    ["::ffff:10.9.8.7", "64:ff9b::1.2.3.4", "1:2:3:4:5:6:10.9.8.7", "::FFFF:a09:807", "::", "1::", "10.1.2.3"],
)
def test_it_is_an_address(database: duckdb.DuckDBPyConnection, address: str) -> None:
    assert key(database, address) == ip_key(address) is not None


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:10.9.8.256",
        "010.1.2.3",
        "10.1.2.3.",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4::5:6:7:8",
        "::12345",
        "10.1.2",
        "",
    ],
)
def test_it_is_none(database: duckdb.DuckDBPyConnection, address: str) -> None:
    assert key(database, address) is ip_key(address) is None
