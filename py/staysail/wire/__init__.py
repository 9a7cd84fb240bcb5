"""Wire formats: how a request is written and an answer read, one file each, pure. `HttpModel` puts one, a provider and a transport
together."""
