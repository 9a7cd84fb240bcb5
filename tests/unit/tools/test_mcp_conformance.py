"""The official client conformance suite of MCP, whose servers run in Node, against the Python client and the JavaScript client in Node."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SUITE = ROOT / "tests" / "mcp" / "conformance"
NODE, PROGRAM = SUITE / "node_modules/.bin/node", SUITE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"

VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
EXTENSION = "extension"
SCENARIOS = {
    "initialize": VERSIONS[1:3],
    "tools_call": VERSIONS[1:],
    "elicitation-sep1034-client-defaults": VERSIONS[2:3],
    "sse-retry": VERSIONS[2:3],
    "json-schema-2020-12-preservation": VERSIONS[2:],
    "auth/2025-03-26-oauth-metadata-backcompat": VERSIONS[:1],
    "auth/2025-03-26-oauth-endpoint-fallback": VERSIONS[:1],
    "auth/token-endpoint-auth-basic": VERSIONS[1:],
    "auth/token-endpoint-auth-post": VERSIONS[1:],
    "auth/token-endpoint-auth-none": VERSIONS[1:],
    "auth/metadata-default": VERSIONS[2:],
    "auth/metadata-var1": VERSIONS[2:],
    "auth/metadata-var2": VERSIONS[2:],
    "auth/metadata-var3": VERSIONS[2:],
    "auth/basic-cimd": VERSIONS[2:],
    "auth/scope-from-www-authenticate": VERSIONS[2:],
    "auth/scope-from-scopes-supported": VERSIONS[2:],
    "auth/scope-omitted-when-undefined": VERSIONS[2:],
    "auth/scope-step-up": VERSIONS[2:],
    "auth/scope-retry-limit": VERSIONS[2:],
    "auth/pre-registration": VERSIONS[2:],
    "auth/client-credentials-jwt": (EXTENSION,),
    "auth/client-credentials-basic": (EXTENSION,),
    "auth/enterprise-managed-authorization": (EXTENSION,),
    "auth/wif-jwt-bearer": (EXTENSION,),
} | dict.fromkeys(
    [
        "request-metadata",
        "auth/resource-mismatch",
        "auth/offline-access-scope",
        "auth/offline-access-not-supported",
        "auth/authorization-server-migration",
        "auth/iss-supported",
        "auth/iss-not-advertised",
        "auth/iss-supported-missing",
        "auth/iss-wrong-issuer",
        "auth/iss-unexpected",
        "auth/iss-normalized",
        "auth/metadata-issuer-mismatch",
        "sep-2322-client-request-state",
        "http-standard-headers",
        "http-custom-headers",
        "http-invalid-tool-headers",
        "json-schema-ref-no-deref",
    ],
    VERSIONS[3:],
)
# Extensions that staysail does not have: tokens bound to a key, and skills as resources.
MISSING = {"auth/dpop", "auth/dpop-nonce"} | {f"sep-2640-client-{part}" for part in ("no-prefetch", "verify-digest", "verify-size")}
MISSING |= {"sep-2640-client-verify-frontmatter"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    if not NODE.exists():
        pytest.skip("the conformance suite is not installed: make test-python, or npm ci in tests/mcp/conformance")
    return subprocess.run([NODE, PROGRAM, *arguments], cwd=ROOT, text=True, capture_output=True, timeout=120)


def passes(command: str, scenario: str, version: str) -> None:
    at = [] if version == EXTENSION else ["--spec-version", version]
    result = run("client", "--command", command, "--scenario", scenario, *at)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert re.search(r"Passed: [1-9]\d*/", said), said


def pairs():
    for scenario, versions in SCENARIOS.items():
        for version in versions:
            # What a scenario checks is mostly the same in each version.
            marks = [] if version == versions[-1] else [pytest.mark.thorough]
            yield pytest.param(scenario, version, id=f"{scenario}-{version}", marks=marks)


@pytest.mark.parametrize(("scenario", "version"), pairs())
def test_the_client_passes_a_scenario_of_the_official_suite(scenario, version):
    passes(f"{sys.executable} -m tests.mcp.conformance.client", scenario, version)


@pytest.mark.thorough
@pytest.mark.parametrize("scenario", [scenario for scenario, versions in SCENARIOS.items() if versions != (EXTENSION,)])
def test_the_javascript_client_passes_it_too(scenario):
    if not (ROOT / "web/vendor").exists() or not shutil.which("node"):
        pytest.skip("there is no runtime for Node: make build")
    passes("node tests/mcp/conformance/client.mjs", scenario, SCENARIOS[scenario][-1])


def test_no_scenario_of_the_suite_is_forgotten():
    listed = run("list").stdout
    clients = listed.partition("Client scenarios")[2].partition("Authorization server scenarios")[0]
    found = {name: tuple(versions.split(",")) for name, versions in re.findall(r"- (\S+) \[(.*)\]", clients)}
    assert found == SCENARIOS | dict.fromkeys(MISSING, (EXTENSION,))
