"""Migrations as an operator sees them: what would run, what ran, why one failed, and how it is run again."""
