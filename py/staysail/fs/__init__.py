"""ToolFS: a virtual file system that an agent works through, with sessions, snapshots, an audit and plugins."""

from .toolfs import ToolFS

__all__ = ["ToolFS"]
