"""OAuth for MCP servers: which addresses are visited, what is demanded of an authorization server, and how tokens are kept."""

import asyncio
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from staysail import AuthError, ConfigError, McpServer, OAuth, StaysailError
from staysail.core.errors import NetworkError
from staysail.tools.mcp import ClientCredentials
from tests.mcp.authorized import ISSUER, REDIRECT_URI, SERVER, Hands, Response, World

PRIVATE_HOSTS = (Path(__file__).parents[2] / "mcp" / "private_hosts.txt").read_text().split()
ODD_ADDRESSES = [
    "javascript:alert(1)",
    "data:application/json,{}",
    "file:///etc/passwd",
    "ftp://login.example.org/x",
    "blob:https://login.example.org/1",
    "http://login.example.org/plain",
    "https://user:password@login.example.org/x",
    "https://login.example.org\\@127.0.0.1/x",
    "https://login.example.org%2f@127.0.0.1/x",
    "https://127。0。0。1/x",
    "https://①②⑦.0.0.1/x",
    "https://l\u200docalhost/x",
    "https://loc%61lhost/x",
    "https://login.example.org/x\r\nhost: evil",
    "https://login.example.org/\x00x",
    " https://login.example.org/x",
    "https:login.example.org/x",
    "https:///x",
    "https://:443/x",
    "https://[::1/x",
    "https://login.example.org:99999/x",
    "//login.example.org/x",
    "/x",
    "",
    5,
    None,
    ["https://login.example.org/x"],
    {"url": "https://login.example.org/x"},
]
RELATIVE = ("", "/x", "//login.example.org/x", " https://login.example.org/x", "https:login.example.org/x", "https:///x")
HOSTILE = [f"https://{host}{port}/x" for host in PRIVATE_HOSTS for port in ("", ":8443")] + ODD_ADDRESSES


def client(world, clock=None, **options):
    auth = OAuth(world.authorize, redirect_uri=REDIRECT_URI, **options)
    return McpServer(world.server, auth=auth, transport=world, clock=clock or Hands()), auth


def place(world, where, url):
    """Lets the server's answers name an address."""
    match where:
        case "header":
            world.challenge = f'Bearer resource_metadata="{url}"'
        case "authorization_servers":
            world.documents[world.resource]["authorization_servers"] = [url]
        case "redirect of the resource":
            world.documents[world.resource] = Response(302, headers={"location": url})
        case "redirect of the metadata":
            world.documents[world.metadata] = Response(307, headers={"location": url})
        case _:
            world.documents[world.metadata][where] = url


PLACES = ["header", "authorization_servers", "redirect of the resource", "redirect of the metadata"]
PLACES += ["authorization_endpoint", "token_endpoint", "registration_endpoint"]


@pytest.mark.parametrize("where", PLACES)
async def test_a_public_server_sends_the_client_nowhere_but_to_public_https_addresses(where):
    for url in HOSTILE:
        if not isinstance(url, str) and where not in ("authorization_servers", "authorization_endpoint", "token_endpoint"):
            continue
        if ("redirect" in where and url in RELATIVE) or (where == "header" and not url):
            continue
        world = World()
        place(world, where, url)
        server, _ = client(world)
        with pytest.raises(StaysailError) as caught:
            await server.connect()
        assert isinstance(caught.value, AuthError), url
        assert world.hosts() <= {"mcp.example.com", "login.example.org"}, url
        assert all(address.startswith("https://") and not address.endswith("/x") for _, address in world.visited), url
        assert not world.grants, url


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:8000/mcp", "http://localhost:3000/mcp", "https://mcp.local/mcp", "http://192.168.0.9/mcp"]
)
@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9000", "http://login.localhost:9000", "https://login.example.org", "https://[::1]:9"])
async def test_a_server_on_this_machine_or_network_may_name_addresses_there(server, issuer):
    world = World(server, issuer)
    assert (await client(world)[0].connect()).protocol == "2026-07-28"
    assert len(world.grants) == 1


async def test_a_server_on_this_machine_may_not_send_a_password_in_the_clear_to_another():
    world = World("http://127.0.0.1:8000/mcp", "http://login.example.org")
    with pytest.raises(AuthError, match="not https"):
        await client(world)[0].connect()


async def test_discovery_follows_redirects_to_public_addresses_and_not_for_ever():
    world = World()
    elsewhere = "https://docs.example.com/resource"
    world.documents[elsewhere] = world.documents[world.resource]
    world.documents[world.resource] = Response(301, headers={"location": elsewhere})
    await client(world)[0].connect()
    world = World()
    world.documents[world.resource] = Response(302, headers={"location": world.resource})
    with pytest.raises(AuthError, match="redirects again and again"):
        await client(world)[0].connect()
    assert len(world.visited) < 10


WRONG: list[object] = [None, True, 5, 1.5, "x", [], {}, [5], {"a": 1}, [[]]]


@pytest.mark.parametrize("where", ["resource", "metadata", "register", "token"])
async def test_metadata_of_wrong_types_are_errors_of_ours(where):
    world = World()
    given = {"client_id": "c1", "client_secret": "s", "token_endpoint_auth_method": "none"} if where == "register" else {}
    given |= {"access_token": "t", "refresh_token": "r", "expires_in": 5, "scope": "s", "token_type": "b"} if where == "token" else {}
    address = {"resource": world.resource, "metadata": world.metadata}.get(where, f"{ISSUER}/{where}")
    extra = {"authorization_response_iss_parameter_supported": True, "token_endpoint_auth_methods_supported": ["none"]}
    good = given or world.documents[address] | (extra if where == "metadata" else {"bearer_methods_supported": ["header"]})
    for name in [None, *good]:
        for wrong in WRONG:
            world = World()
            world.documents[address] = wrong if name is None else good | {name: wrong}
            server, _ = client(world)
            with suppress(StaysailError):
                await server.connect()
            assert world.hosts() <= {"mcp.example.com", "login.example.org"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"issuer": "https://evil.example.org"}, "is of https://evil.example.org, and not of"),
        ({"issuer": f"{ISSUER}/tenant"}, "and not of"),
        ({"issuer": None}, "is of nobody"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE with S256"),
        ({"code_challenge_methods_supported": None}, "PKCE with S256"),
        ({"token_endpoint": None}, "names no token_endpoint"),
        ({"authorization_endpoint": None}, "names no authorization_endpoint"),
        ({"registration_endpoint": None}, "give OAuth a client_id"),
    ],
)
async def test_an_authorization_server_must_be_who_it_says_and_have_pkce(change, why):
    world = World()
    world.documents[world.metadata] |= change
    with pytest.raises((AuthError, ConfigError), match=why):
        await client(world)[0].connect()
    assert not world.grants


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("?code=c&state=x", "its state is another"),
        ("?code=c", "its state is another"),
        ("?code=c&state={state}&iss=https://evil.example.org", "not of https://login.example.org"),
        ("?code=c&state={state}", "not of https://login.example.org"),
        ("?error=access_denied&state={state}&iss=https://login.example.org", "refuses: access_denied"),
        ("https://[", "code alone"),
    ],
)
async def test_the_answer_of_a_login_must_be_of_this_request_and_issuer(answer, why):
    world = World()
    world.documents[world.metadata]["authorization_response_iss_parameter_supported"] = True

    def authorize(url):
        state = url.partition("state=")[2].partition("&")[0]
        return REDIRECT_URI + answer.replace("{state}", state) if answer.startswith("?") else answer

    with pytest.raises(AuthError, match=why):
        await McpServer(SERVER, auth=OAuth(authorize, redirect_uri=REDIRECT_URI), transport=world).connect()
    assert not world.grants


async def test_what_is_asked_for_names_the_server_and_proves_who_asks():
    world = World()
    await client(world)[0].connect()
    [shown], [grant] = world.shown, world.grants
    assert (shown["resource"], grant["resource"]) == (SERVER, SERVER)
    assert (shown["code_challenge_method"], shown["scope"], shown["address"]) == ("S256", "sail", f"{ISSUER}/authorize")
    assert len(grant["code_verifier"]) >= 43
    assert grant["client_id"] == "c1"


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        (None, "basic"),
        (["client_secret_basic", "client_secret_post"], "basic"),
        (["client_secret_post"], "post"),
        (["none", "client_secret_post"], "post"),
        (["private_key_jwt"], "basic"),
    ],
)
async def test_a_registered_client_shows_its_secret_as_the_server_wants(methods, expected):
    world = World()
    world.documents[world.metadata]["token_endpoint_auth_methods_supported"] = methods
    await client(world, client_id="id:1", client_secret="s/2")[0].connect()
    [grant] = world.grants
    if expected == "basic":
        assert grant["basic"] == "id%3A1:s%2F2"
        assert "client_secret" not in grant
    else:
        assert (grant["client_id"], grant["client_secret"]) == ("id:1", "s/2")


async def test_a_registered_client_keeps_its_secret_for_the_issuer_that_it_is_of():
    world = World()
    with pytest.raises(AuthError, match=r"names the authorization server https://login\.example\.org, and not https://mine"):
        await client(world, client_id="id", client_secret="s", issuer="https://mine.example.org")[0].connect()
    assert not world.grants
    for options in ({"client_id": "id", "client_secret": "s"}, {}):
        world, moved = World(), World(issuer="https://new.example.org")
        server, _ = client(world, **options)
        await server.connect()
        world.documents |= moved.documents
        world.tokens.clear()
        world.answer = {"refresh_token": ""}
        world.documents[f"{ISSUER}/token"] = Response(400, {"error": "invalid_grant"})
        if options:
            with pytest.raises(AuthError, match="another authorization server now"):
                await server.call_tool("x")
            assert all("new.example.org" not in url or ".well-known" in url for _, url in world.visited)
        else:
            await server.call_tool("x")
            assert ("POST", "https://new.example.org/register") in world.visited


async def test_calls_that_find_the_token_refused_at_once_refresh_it_once():
    world = World()
    server, auth = client(world)
    await server.connect()
    world.tokens.clear()
    await asyncio.gather(*(server.call_tool("x") for _ in range(20)))
    assert [grant["grant_type"] for grant in world.grants] == ["authorization_code", "refresh_token"]
    assert world.grants[1]["refresh_token"] == "secret-refresh-1"
    assert await auth.token() == "secret-access-2"


async def test_a_token_is_refreshed_before_it_expires_and_by_one_of_many_calls():
    world, clock = World(), Hands()
    world.answer = {"expires_in": "3600"}
    server, _ = client(world, clock)
    await server.connect()
    clock.time += 3500
    await server.call_tool("x")
    assert len(world.grants) == 1
    clock.time += 80
    await asyncio.gather(*(server.call_tool("x") for _ in range(10)))
    assert len(world.grants) == 2


async def test_a_refresh_that_no_answer_comes_to_loses_nothing():
    world, clock = World(), Hands()
    world.answer = {"expires_in": 3600}
    server, _ = client(world, clock)
    await server.connect()
    world.documents[f"{ISSUER}/token"] = Response(503)
    clock.time += 3590
    await server.call_tool("x")  # the token is still good
    clock.time += 20
    with pytest.raises(AuthError, match="503") as caught:
        await server.call_tool("x")
    assert caught.value.retryable
    del world.documents[f"{ISSUER}/token"]
    await server.call_tool("x")
    assert [grant["grant_type"] for grant in world.grants] == ["authorization_code", "refresh_token"]
    assert len(world.shown) == 1


async def test_a_refresh_token_that_is_no_longer_good_leads_to_a_login():
    world = World()
    server, _ = client(world)
    await server.connect()
    world.tokens.clear()

    def refuse(request, give=world.give_token):
        return Response(400, {"error": "invalid_grant"}) if b"grant_type=refresh_token" in request.body else give(request)

    world.give_token = refuse
    await server.call_tool("x")
    assert len(world.shown) == 2


async def test_a_server_that_refuses_every_token_is_given_up():
    world = World()
    world.tokens = type("None", (set,), {"__contains__": lambda self, item: False})()
    with pytest.raises(AuthError):
        await client(world)[0].connect()
    assert len(world.visited) < 20
    assert len(world.shown) <= 2


async def test_no_error_shows_a_token_code_or_secret():
    world = World()
    server, auth = client(world, client_id="id", client_secret="the-clients-secret")
    await server.connect()
    world.tokens.clear()
    secrets = ["secret-access-1", "secret-refresh-1", "the-clients-secret", "secret-code"]

    def echo(request):
        secrets.extend(parse_qs(request.body.decode()).get("code_verifier", ()))
        return Response(400, {"error": "invalid_grant", "error_description": f"{request.body.decode()} {request.headers} {secrets}"})

    world.give_token = echo
    with pytest.raises(AuthError) as caught:
        await server.call_tool("x")
    told = f"{caught.value!r} {caught.value.to_dict()} {auth!r} {server!r}"
    assert len(secrets) == 5
    assert not [secret for secret in [*secrets, world.shown[-1]["state"]] if secret in told]


@pytest.mark.parametrize("token", ["", "with space", "line\nend", "ümlaut", 5, None, ["t"], "x" * 10 + "\x00"])
async def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(token):
    world = World()
    world.answer = {"access_token": token}
    with pytest.raises(AuthError, match="no token"):
        await client(world)[0].connect()
    with pytest.raises((AuthError, ConfigError)) as caught:
        await McpServer(SERVER, auth=lambda: token, transport=World()).connect()
    assert not token or str(token).strip() not in str(caught.value).replace("no token", "")


class TestOldServers:
    """Of 2025-03-26, which have no document about the resource: the server is its own authorization server."""

    @staticmethod
    def world(issuer):
        world = World(issuer="https://mcp.example.com")
        del world.documents[world.resource]
        world.challenge = "Bearer"
        world.documents[world.metadata]["issuer"] = issuer
        return world

    @pytest.mark.parametrize("issuer", ["https://mcp.example.com", "https://mcp.example.com/", "https://mcp.example.com/oauth"])
    async def test_metadata_at_the_root_may_name_any_issuer_of_that_origin(self, issuer):
        world = self.world(issuer)
        await client(world)[0].connect()
        assert len(world.grants) == 1

    @pytest.mark.parametrize("issuer", ["https://evil.example.org", "https://mcp.example.com.evil.org", "http://mcp.example.com", ""])
    async def test_and_no_issuer_of_another(self, issuer):
        world = self.world(issuer)
        with pytest.raises(AuthError, match="and not of"):
            await client(world)[0].connect()

    async def test_without_metadata_the_addresses_are_those_of_the_specification(self):
        world = World(issuer="https://mcp.example.com")
        del world.documents[world.resource], world.documents[world.metadata]
        world.challenge = "Bearer"
        await client(world)[0].connect()
        assert ("POST", "https://mcp.example.com/token") in world.visited


async def test_a_program_gets_tokens_in_its_own_name():
    world = World()
    with pytest.raises(ConfigError, match="client_secret, sign or assertion"):
        ClientCredentials("id")
    await McpServer(SERVER, auth=ClientCredentials("id", client_secret="s"), transport=world).connect()
    assert world.grants[-1] == {"grant_type": "client_credentials", "scope": "sail", "resource": SERVER, "basic": "id:s"}
    signed = ClientCredentials("id", sign=lambda audience: f"jwt-for-{audience}")
    await McpServer(SERVER, auth=signed, transport=world).connect()
    assert world.grants[-1]["client_assertion"] == f"jwt-for-{ISSUER}"

    async def assertion(issuer, resource):
        return f"jag-{issuer}-{resource}"

    await McpServer(SERVER, auth=ClientCredentials("id", assertion=assertion), transport=world).connect()
    assert world.grants[-1]["assertion"] == f"jag-{ISSUER}-{SERVER}"
    assert not world.shown


async def test_an_authorization_server_that_cannot_be_reached_is_a_network_error():
    class Unreachable(World):
        def respond(self, request):
            if request.url.startswith(ISSUER):
                raise NetworkError("login.example.org cannot be reached", code="unreachable")
            return super().respond(request)

    with pytest.raises(NetworkError, match="cannot be reached"):
        await client(Unreachable())[0].connect()
