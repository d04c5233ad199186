"""Pulumi component resources: they register what `manifests` returns, and add what only Pulumi knows."""
