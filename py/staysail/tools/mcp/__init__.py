"""Tools, resources and prompts of MCP servers: https://modelcontextprotocol.io/specification"""

from .apps import McpApp
from .authorization.machine import ClientCredentials, identity_assertion
from .authorization.oauth import OAuth
from .limits import McpLimits
from .sampling import sample_with
from .server import McpServer

__all__ = ["ClientCredentials", "McpApp", "McpLimits", "McpServer", "OAuth", "identity_assertion", "sample_with"]
