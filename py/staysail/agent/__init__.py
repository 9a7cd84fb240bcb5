"""The agent: a sans-I/O run, and what drives it."""

from .agent import Agent
from .reply import Reply, Step
from .run import CallModel, CallTools, Finish, Run

__all__ = ["Agent", "CallModel", "CallTools", "Finish", "Reply", "Run", "Step"]
