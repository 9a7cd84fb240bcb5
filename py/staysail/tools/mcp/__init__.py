"""Tools, resources and prompts of MCP servers: https://modelcontextprotocol.io/specification"""

from .oauth import OAuth
from .server import McpServer

__all__ = ["McpServer", "OAuth"]
