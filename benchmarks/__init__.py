"""What Naru costs, beside the tools that do the same work on the same machine in the same minutes."""
