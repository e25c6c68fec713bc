"""Running accounts and clusters, read without changing them, and the snapshots that keep what was seen."""
