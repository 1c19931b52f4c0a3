"""Lets the Temporal SDK download Temporal's command line; a program of its own, so that it can be timed out.

`python -m engine.sdk_download FOLDER VERSION`.
"""

import asyncio
import os
import sys

from temporalio.testing import WorkflowEnvironment


async def download(folder: str, version: str) -> None:
    """Leave the downloaded program in the folder; raises RuntimeError when it is not to be had."""
    environment = await WorkflowEnvironment.start_local(
        download_dest_dir=folder,
        dev_server_download_version=version,
    )
    await environment.shutdown()


if __name__ == "__main__":
    asyncio.run(download(sys.argv[1], sys.argv[2]))
    # The SDK's runtime may crash in an orderly interpreter exit; all that matters is on the disk.
    os._exit(0)
