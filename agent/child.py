"""The real `logtell run` as a child process: what the demo shows and the selftest tests."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import IO


async def start_agent(config: Path, output: IO[bytes] | None = None) -> Process:
    """
    Start the agent with this configuration and its runtime files beside it.

    What it prints goes to `output`, or to where our own goes. The caller ends it. Settings of the
    user's own agent (`LOGTELL_…`) do not reach it, nor does systemd's address.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LOGTELL_") and name != "NOTIFY_SOCKET"
    } | {"RUNTIME_DIRECTORY": str(config.parent)}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent.cli", "run", "-c", str(config)),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
