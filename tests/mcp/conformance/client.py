"""Client that the official conformance suite starts once for each scenario, with a server's address as its last argument.

The suite names the scenario in MCP_CONFORMANCE_SCENARIO, and credentials, where the scenario has any, as JSON in MCP_CONFORMANCE_CONTEXT:
https://github.com/modelcontextprotocol/conformance
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

import httpx

from staysail import McpServer
from staysail.tools.mcp import ClientCredentials, OAuth, identity_assertion

SCENARIO = os.environ["MCP_CONFORMANCE_SCENARIO"]
CONTEXT: dict[str, Any] = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}"))
REDIRECT_URI = "http://localhost:3000/callback"
CLIENT_URL = "https://conformance-test.local/client-metadata.json"


async def authorize(url: str) -> str:
    """Follows the authorization server's redirect, as a person's browser would."""
    async with httpx.AsyncClient() as browser:
        response = await browser.get(url, follow_redirects=False)
    return response.headers["location"]


def sign(audience: str) -> str:
    import jwt  # loads slowly, and one scenario alone needs it

    claims = {"iss": CONTEXT["client_id"], "sub": CONTEXT["client_id"], "aud": audience, "iat": time.time(), "exp": time.time() + 300}
    return jwt.encode(claims, CONTEXT["private_key_pem"], CONTEXT.get("signing_algorithm", "ES256"))


def authorization() -> Any:
    """The way in which the scenario wants the client to get its token."""
    id, secret = CONTEXT.get("client_id"), CONTEXT.get("client_secret")
    match SCENARIO:
        case "auth/client-credentials-basic":
            return ClientCredentials(id, client_secret=secret)
        case "auth/client-credentials-jwt":
            return ClientCredentials(id, sign=sign)
        case "auth/wif-jwt-bearer":
            return ClientCredentials(id, assertion=lambda issuer, resource: CONTEXT["valid_jwt"])
        case "auth/enterprise-managed-authorization" | "auth/cross-app-access-complete-flow":
            assertion = identity_assertion(CONTEXT["idp_token_endpoint"], CONTEXT["idp_id_token"], client_id=CONTEXT["idp_client_id"])
            return ClientCredentials(id, client_secret=secret, assertion=assertion)
    if SCENARIO.startswith("auth/"):
        return OAuth(authorize, redirect_uri=REDIRECT_URI, client_url=CLIENT_URL, client_id=id, client_secret=secret)
    return None


def accept(params: dict[str, Any]) -> dict[str, Any]:
    """Accepts a form, and fills in only what has no default."""
    return {"action": "accept", "content": {"confirmed": True} if SCENARIO == "sep-2322-client-request-state" else {}}


async def main(url: str) -> None:
    answerers = {"elicitation/create": accept} if "elicitation" in SCENARIO or "2322" in SCENARIO else {}
    async with McpServer(url, auth=authorization(), answerers=answerers) as server:
        tools = {tool.server_name: tool for tool in await server.tools()}
        match SCENARIO:
            case "json-schema-ref-no-deref":
                return
            case "json-schema-2020-12-preservation":
                await server.call_tool("json_schema_echo", {"schema": tools["json_schema_2020_12_tool"].parameters})
            case "http-custom-headers":
                for call in CONTEXT["toolCalls"]:
                    await server.call_tool(call["name"], call["arguments"])
            case "http-invalid-tool-headers":
                await server.call_tool("valid_tool", {"region": "us-west1"})
            case _:
                for name in tools:
                    await server.call_tool(name, {"a": 2, "b": 3} if name == "add_numbers" else {})


asyncio.run(main(sys.argv[1]))
