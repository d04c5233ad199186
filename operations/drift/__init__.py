"""What runs in the clusters beside what was rendered for them."""
