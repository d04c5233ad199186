"""What there is to be in AWS, as data."""
