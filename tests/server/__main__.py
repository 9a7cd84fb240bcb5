"""The test server as a program of its own: see the head of the package."""

import argparse
import json
import sys

from .server import TestServer

parser = argparse.ArgumentParser(description="Play a provider on 127.0.0.1; stops when standard input ends.")
parser.add_argument("--port", type=int, default=0)
with TestServer(parser.parse_args().port) as server:
    print(json.dumps({"url": server.url}), flush=True)
    sys.stdin.read()
