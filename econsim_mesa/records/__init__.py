"""Records: one definition of each, the store that writes them and the reader.

Importing this loads neither pandas nor networkx; they are imported when a run is read.
"""

from econsim_mesa.records.definitions import STORE_TABLES, TABLES, StepRecords, columns
from econsim_mesa.records.reader import Run, export_text, fingerprint, load_run
from econsim_mesa.records.store import RunStore, SqliteStore

__all__ = [
    "STORE_TABLES",
    "TABLES",
    "Run",
    "RunStore",
    "SqliteStore",
    "StepRecords",
    "columns",
    "export_text",
    "fingerprint",
    "load_run",
]
