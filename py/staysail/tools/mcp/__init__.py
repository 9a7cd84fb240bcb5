"""Tools, resources and prompts of MCP servers: https://modelcontextprotocol.io/specification"""

from .limits import McpLimits
from .machine import ClientCredentials, identity_assertion
from .oauth import OAuth
from .server import McpServer

__all__ = ["ClientCredentials", "McpLimits", "McpServer", "OAuth", "identity_assertion"]
