"""What Argo CD needs of a stack: who may deploy what, and what is synced in which order."""
