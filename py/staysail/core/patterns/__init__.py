"""Regular expressions by ECMAScript's rules, as JSON Schema's `pattern` means them, that cannot freeze the interpreter."""

from .program import Pattern, PatternTooCostly, compile_pattern
from .syntax import PatternError

__all__ = ["Pattern", "PatternError", "PatternTooCostly", "compile_pattern"]
