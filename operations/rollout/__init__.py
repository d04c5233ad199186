"""A service's versions as they take over from each other: how far, and what an operator decides about them."""
