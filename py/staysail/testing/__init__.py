"""Tools for tests without a network: models that follow a script, a replay of recorded traffic, and a recorder."""

from .recorded import Recorder, ReplayTransport
from .scripted import ScriptedClock, ScriptedModel

__all__ = ["Recorder", "ReplayTransport", "ScriptedClock", "ScriptedModel"]
