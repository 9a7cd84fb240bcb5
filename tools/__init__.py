"""The scripts behind the Makefile: assemble what a page downloads, compile, serve."""
