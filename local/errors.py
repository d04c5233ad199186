"""What can go wrong with the control plane as a whole."""


class PlaneError(Exception):
    """A control plane that did not come up, with the last lines of the process that is the cause, or the remedy."""
