"""AWS for tests: moto, and what makes resources of Pulumi in it."""

import os

# Nobody looks at the thousand images that moto would make for each region of each test.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
