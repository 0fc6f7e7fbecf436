"""The blocks of one job on many workers of Dask: those of `DATAFOUNDRY_DASK_SCHEDULER`.

The library works block by block through `DataFoundry.blocks`, and knows nothing of Dask; in `spread()` it is Dask that
does the blocks. Without the setting, nothing here imports Dask.
"""

from cluster.address import named_scheduler
from cluster.spreading import spread

__all__ = ["named_scheduler", "spread"]
