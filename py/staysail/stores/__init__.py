"""Stores: where documents and their vectors are kept. They read and write; what is computed is injected."""
