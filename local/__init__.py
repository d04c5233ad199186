"""The embedded control plane: a real Kubernetes API for machines without a cluster, and a provider for it."""
