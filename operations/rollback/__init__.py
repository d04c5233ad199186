"""Back to the last version that was healthy: by hand for every strategy, by itself for a `rolling` service."""
