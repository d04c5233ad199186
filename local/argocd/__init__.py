"""Argo CD beside the control plane, where it was asked for: the real one, on a Git repository of this machine."""
