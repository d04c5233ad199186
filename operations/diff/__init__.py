"""What a change of the repository does to every stack, and how risky that is."""
