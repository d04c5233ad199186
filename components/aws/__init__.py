"""AWS as Pulumi component resources; nothing of this is imported where a stack has no AWS."""
