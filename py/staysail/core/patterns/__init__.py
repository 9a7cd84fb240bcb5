"""Regular expressions of JSON Schema's `pattern`: ECMAScript's rules, and a bounded number of steps."""

from .program import Pattern, PatternTooCostly, compile_pattern
from .syntax import PatternError

__all__ = ["Pattern", "PatternError", "PatternTooCostly", "compile_pattern"]
