"""The dashboard: pages that show a run, live or finished."""
