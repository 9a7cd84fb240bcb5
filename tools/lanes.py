"""Runs commands two at a time and shows each line behind its command's label.

Usage: python -m tools.lanes LABEL=COMMAND...

Commands start in the order given: put the longest first. All of them run to the end; the status is 1 where any failed.
"""

from __future__ import annotations

import asyncio
import sys
import time

LANES = 2


async def run(label: str, command: str, free: asyncio.Semaphore) -> int:
    async with free:
        began = time.monotonic()
        process = await asyncio.create_subprocess_shell(
            command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=1 << 24
        )
        assert process.stdout
        async for line in process.stdout:
            print(f"{label} | {line.decode(errors='replace').rstrip()}", flush=True)
        status = await process.wait()
        print(f"{label} | {'passed' if status == 0 else f'failed with status {status}'} in {time.monotonic() - began:.0f} s", flush=True)
        return status


async def main(commands: list[str]) -> int:
    free = asyncio.Semaphore(LANES)
    pairs = [command.partition("=") for command in commands]
    width = max(len(label) for label, _, _ in pairs)
    return int(any(await asyncio.gather(*(run(label.ljust(width), command, free) for label, _, command in pairs))))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
