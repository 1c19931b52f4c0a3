"""The two workflows of the sync, and the ids under which they run."""

from workflows.plannr_sync import PlannrSync, plannr_sync_id
from workflows.platform_sync import PlatformSync, platform_sync_id

__all__ = ["PlannrSync", "PlatformSync", "plannr_sync_id", "platform_sync_id"]
