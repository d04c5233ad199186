"""What a reviewer should know before anything else: a module for each danger, each over the objects of both sides."""

from operations.diff.risks.found import found

__all__ = ["found"]
