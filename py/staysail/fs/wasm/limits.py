"""Limits of a WASM module, and the bytes that an engine takes for its parts."""

from __future__ import annotations

from typing import Final

PAGE_BYTES: Final = 1 << 16

# Most of each part. Compilers stay far below; an engine takes a multiple of a part's bytes in the file.
MOST_TYPES: Final = 20_000
MOST_PARAMETERS: Final = 255
MOST_RESULTS: Final = 16
MOST_IMPORTS: Final = 1_000
MOST_FUNCTIONS: Final = 200_000
MOST_TABLES: Final = 100
MOST_GLOBALS: Final = 10_000
MOST_EXPORTS: Final = 10_000
MOST_CODE_BYTES: Final = 32 << 20
MOST_BRANCHES: Final = 1_000_000

# Entries that tables without a maximum may grow to, all of them together.
MOST_GROWN_ENTRIES: Final = 100_000

# Most bytes that compiling one function may take. An optimising compiler keeps every local at every branch.
MOST_COMPILE_BYTES: Final = 256 << 20
STATE_BYTES: Final = 16

# Bytes that an engine takes for each part, measured or read in V8 and rounded up. Code becomes machine code.
TYPE_BYTES: Final = 64
FUNCTION_BYTES: Final = 128
ENTRY_BYTES: Final = 32
GLOBAL_BYTES: Final = 64
EXPORT_BYTES: Final = 1024
CODE_FACTOR: Final = 4

# A module's own parts are counted against its limit where they take more than this.
FREE_BYTES: Final = 4 << 20
