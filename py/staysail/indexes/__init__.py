"""Indexes: vectors (exact, 7-bit, 1-bit) and words (BM25), in memory. They compute; what is stored and loaded is decided elsewhere."""
