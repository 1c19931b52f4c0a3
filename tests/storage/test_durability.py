"""What was committed is there after the writer was killed, and nothing half-written is."""

import asyncio
import signal
import sys
from pathlib import Path

from storage.database import Database, migrate
from storage.evidence import EvidenceRepository

ROOT = Path(__file__).parents[2]
WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from models.tables import EvidenceKind
from storage.database import Database
from storage.evidence import EvidenceRepository, NewEvidence

async def main():
    database, number = Database(sys.argv[1]), 0
    while True:
        number += 1
        act = NewEvidence(journey_id="j-1", person_id="p-1", kind=EvidenceKind.DETAILS_CONFIRMED,
                          occurred_at=datetime.now(UTC), payload={"number": number})
        async with database.transaction() as session:
            row, _ = await EvidenceRepository(session).append(act)
        print(row.evidence_id, flush=True)

asyncio.run(main())
"""


async def test_committed_evidence_survives_sigkill(tmp_path: Path) -> None:
    """A writer is killed in the middle of its work three times; every act it reported is there, in one chain."""
    url = f"sqlite:///{tmp_path / 'onward.db'}"
    await migrate(url)
    reported: list[str] = []
    for _ in range(3):
        reported += await _write_until_killed(url, acts=15)
        database = Database(url)
        async with database.reading() as session:
            evidence = EvidenceRepository(session)
            stored = [row.evidence_id for row in await evidence.of_journey("j-1")]
            assert await evidence.verify_chain("j-1")
        await database.dispose()
        assert [one for one in stored if one in reported] == reported
        # The one act that may be stored without having been reported is the last of each killed writer.
        assert len(reported) <= len(stored) <= len(reported) + 3


async def _write_until_killed(url: str, acts: int) -> list[str]:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    reported = [(await writer.stdout.readline()).decode().strip() for _ in range(acts)]
    writer.send_signal(signal.SIGKILL)
    reported += (await writer.stdout.read()).decode().split()
    assert await writer.wait() == -signal.SIGKILL
    return reported
