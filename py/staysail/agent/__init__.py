"""The agent: a sans-I/O run, and what drives it."""

from .actions import CallModel, CallTools, Finish
from .agent import Agent
from .reply import Reply, Step
from .run import Run

__all__ = ["Agent", "CallModel", "CallTools", "Finish", "Reply", "Run", "Step"]
