"""Tools, resources and prompts of MCP servers: https://modelcontextprotocol.io/specification"""

from .limits import McpLimits
from .machine import ClientCredentials, identity_assertion
from .oauth import OAuth
from .sampling import sample_with
from .server import McpServer

__all__ = ["ClientCredentials", "McpLimits", "McpServer", "OAuth", "identity_assertion", "sample_with"]
