"""From settings to Kubernetes objects. Pure: no Pulumi, no clock, no randomness, no I/O."""
