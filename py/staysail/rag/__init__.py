"""Documents: loaders read files, splitters cut them into passages, `ingest` puts these into a store."""
