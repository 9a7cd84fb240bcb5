"""Tokens for MCP servers: https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization"""
