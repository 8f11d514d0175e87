"""The plugin as the engine starts it: prints its port, and ends with the engine."""

import os
import sys
from pathlib import Path

from world.account import World
from world.provider import Server

server = Server(World(Path(os.environ["RINGFENCE_WORLD"])))
print(server.port, flush=True)  # noqa: T201 - how a plugin tells the engine where it listens
sys.stdin.read()
