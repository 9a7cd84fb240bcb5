"""WASM modules before they run: what a module is and needs, and the same module with one limit on all it can hold."""

from .capping import cap_memory as cap_memory
from .capping import room_for as room_for
from .limits import PAGE_BYTES as PAGE_BYTES
from .module import Module as Module
from .module import inspect as inspect
