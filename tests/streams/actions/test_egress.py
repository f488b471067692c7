"""What actions may connect to: however an address is written, and whatever led to it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import Any

import pytest

from api.demo.stand_in import StandIn
from streams.actions.actions import Actions
from streams.actions.egress import Egress, is_public
from streams.actions.errors import ActionError
from streams.actions.requests import open_session
from streams.setting_values import parsed_egress
from tests.streams.actions.attempts import attempt, failure
from tests.streams.actions.raw import answering, response

LOOPBACK = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.1.", "127.0.1", "127.0.0.2", "127.127.127.127",
    "127.255.255.254", "2130706433", "2130706434", "0x7f000001", "0x7F000001", "0x7f.0x0.0x0.0x1",
    "0x7f.1", "0x7f.0.0.1", "0177.0.0.1", "0177.1", "0177.0000.0000.0001", "017700000001",
    "00000177.0.0.1", "0", "0.0.0.0", "0x0", "00.00.00.00", "localhost", "LOCALHOST", "LocalHost",
    "localhost.", "ip6-localhost", "１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "localhost%00.example.com", "127.0.0.1%00",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::FFFF:127.0.0.1]", "[::127.0.0.1]",
    "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[::ffff:0:7f00:1]", "[2001:db8::5efe:7f00:1]",
    "[fe80::1%25lo]", "[::1%25lo]", "[ff02::1]", "[fec0::1]", "[fd00::1]",
    "inside.test", "both.test", "rebinding.test", "mapped.test", "user@127.0.0.1",
    "example.com@127.0.0.1", "example.com:80@127.0.0.1", "example.com\\@127.0.0.1",
]  # fmt: skip
"""Ways to write the loopback interface, or to be led there, as the host of a URL."""

NAMES = {
    "inside.test": ["127.0.0.1"],
    "both.test": ["10.255.255.1", "127.0.0.1"],
    "mapped.test": ["::ffff:127.0.0.1"],
}


@pytest.fixture
def _name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names under .test; the one that rebinds is public when it is asked for the first time."""
    real = socket.getaddrinfo
    asked = iter(["192.0.0.9"])

    def lookup(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name == "rebinding.test":
            return real(next(asked, "127.0.0.1"), port, *args, **kwargs)
        found = [real(each, port, *args, **kwargs) for each in NAMES.get(name, [name])]
        return [info for infos in found for info in infos]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


class Listener:
    """Counts who connects to the loopback interface."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """A listener on every address of this machine, IPv4 and IPv6."""
    found = Listener()

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        writer.write(response(b"inside"))
        writer.close()

    server = await asyncio.start_server(count, "0.0.0.0", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            inner = await asyncio.start_server(count, "::1", found.port)
        except OSError:  # no IPv6 here
            yield found
        else:
            async with inner:
                yield found


@asynccontextmanager
async def allowed(*allow: str, configuration: Any = None) -> AsyncIterator[Actions]:
    actions = Actions(configuration, egress_allow=allow)
    await actions.start()
    try:
        yield actions
    finally:
        await actions.stop()


@pytest.mark.usefixtures("_name_server")
async def test_no_way_to_write_it_leads_to_the_loopback_interface(listener: Listener) -> None:
    assert len(set(LOOPBACK)) >= 60
    codes: dict[str, str] = {}
    async with allowed() as actions:
        for host in LOOPBACK:
            url = f"http://{host}:{listener.port}/"
            for _ in range(2):  # the second answer of a name server may be another one
                parameters = {"url": url, "timeout_seconds": 1}
                error = await failure(actions, attempt("act-http-request", parameters))
            codes[host] = error.code
    assert listener.connections == 0
    known = {"egress_refused", "invalid_parameters", "connection_failed", "timed_out"}
    assert set(codes.values()) <= known, codes
    for host in ("127.0.0.1", "localhost", "inside.test", "[::ffff:7f00:1]"):
        assert codes[host] == "egress_refused"


@pytest.mark.usefixtures("_name_server")
async def test_without_the_guard_many_of_them_would(listener: Listener) -> None:
    async with allowed("0.0.0.0/0", "::/0") as actions:
        for host in LOOPBACK:
            url = f"http://{host}:{listener.port}/"
            with suppress(ActionError):
                await actions.run(attempt("act-http-request", {"url": url, "timeout_seconds": 0.2}))
    assert listener.connections >= 20


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "dict", "ws", "http+unix", "data"])
async def test_other_schemes_are_refused(scheme: str) -> None:
    async with allowed() as actions:
        request = attempt("act-http-request", {"url": f"{scheme}://localhost/etc/passwd"})
        assert (await failure(actions, request)).code == "invalid_parameters"


@pytest.mark.parametrize(
    ("allow", "host", "is_reached"),
    [
        ("127.0.0.0/8", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1:{port}", "127.0.0.1", True),
        ("127.0.0.1:1", "127.0.0.1", False),
        ("localhost", "localhost", True),
        ("LocalHost:{port}", "localhost", True),
        ("localhost:1", "localhost", False),
        ("inside.test:{port}", "inside.test", True),
        ("inside.test", "127.0.0.1", False),
        ("10.0.0.0/8", "127.0.0.1", False),
    ],
)
@pytest.mark.usefixtures("_name_server")
async def test_what_the_operator_allows_is_reached(
    listener: Listener, allow: str, host: str, is_reached: bool
) -> None:
    [entry] = parsed_egress(allow.format(port=listener.port))
    async with allowed(entry) as actions:
        request = attempt("act-http-request", {"url": f"http://{host}:{listener.port}/"})
        if is_reached:
            assert (await actions.run(request))["body"] == "inside"
        else:
            assert (await failure(actions, request)).code == "egress_refused"
    assert listener.connections == int(is_reached)


async def test_a_redirect_leads_no_further_than_its_first_request(listener: Listener) -> None:
    more = f"Location: http://127.0.0.1:{listener.port}/\r\n"
    async with answering(response(b"", status="302 Found", more=more)) as url:
        address = url.removeprefix("http://")
        async with allowed(address) as actions:
            error = await failure(actions, attempt("act-http-request", {"url": url}))
        assert error.code == "http_status"
        # A connector of somebody else may follow redirects: the session guards those too.
        async with open_session(Egress([address])) as session:
            with pytest.raises(OSError, match="not a public one"):
                await session.get(url)
    assert listener.connections == 0


async def test_what_the_operator_names_is_reached_by_its_action_alone(stand_in: StandIn) -> None:
    message = {"channel": "#soc", "message": "a"}
    async with allowed(configuration=stand_in.actions()) as actions:
        assert await actions.run(attempt("act-slack-notify", message))
        # Neither is its connection, which is kept open, lent to others.
        request = attempt("act-http-request", {"url": f"{stand_in.base_url}/hooks/a"})
        error = await failure(actions, request)
    assert (error.code, error.retryable) == ("egress_refused", False)
    assert "PLAYBOOKS_EGRESS_ALLOW" in str(error)
    assert [each.kind for each in stand_in.received] == ["slack"]


async def test_a_url_that_the_operator_fixes_is_named_too(stand_in: StandIn) -> None:
    fixed = {"act-tell": {"connector": "webhook", "url": f"{stand_in.base_url}/hooks/a"}}
    async with allowed(configuration=fixed) as actions:
        assert (await actions.run(attempt("act-tell")))["status"] == 200


def test_a_metadata_service_is_reached_by_its_own_address_only() -> None:
    metadata = ip_address("169.254.169.254")
    assert not Egress(["169.254.0.0/16", "0.0.0.0/0"]).allows(metadata, 80)
    assert Egress(["169.254.169.254"]).allows(metadata, 80)
    assert Egress(["169.254.169.254:80"]).allows(metadata, 80)


INSIDE = [
    "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "168.63.129.16",
    "100.100.100.200", "fd00:ec2::254", "224.0.0.1", "ff02::1", "0.0.0.0", "255.255.255.255",
    "240.0.0.1", "198.18.0.1", "192.0.2.1", "::", "2001:db8::1", "2001::1", "fc00::1", "fe80::1",
    "64:ff9b::a00:1", "2002:a00:1::", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b:1::808:808",
    "fec0::1", "3fff::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_of_the_public_internet_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))
