"""What the systems, their releases and their environments are: typed, layered, checked. Pure: no Pulumi."""
