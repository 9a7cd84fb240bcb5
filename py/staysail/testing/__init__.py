"""For tests of programs that use staysail, without a network: models that follow a script, recorded traffic played back, a recorder."""

from .recorded import Recorder, ReplayTransport
from .scripted import ScriptedClock, ScriptedModel

__all__ = ["Recorder", "ReplayTransport", "ScriptedClock", "ScriptedModel"]
