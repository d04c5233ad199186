"""Argo CD, asked and told through its cluster's API: how Applications are, and that they sync now."""
