"""The wire formats, one file each: they render requests and parse answers, and do no I/O. `HttpModel` joins a wire format, a provider
and a transport."""
