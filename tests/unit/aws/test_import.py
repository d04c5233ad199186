"""What AWS costs where there is none: nothing."""

import json
import subprocess
import sys

import pytest

from tests.assembled import ROOT

_REGISTER = """
import json, sys
from pathlib import Path
from pulumi.runtime import mocks
import pulumi

class Mocks(mocks.Mocks):
    def new_resource(self, args): return args.name, dict(args.inputs)
    def call(self, args): return {}

mocks.set_mocks(Mocks(), project="naru", stack="test")
from components.stack_resources import register
from settings.loading import load

@pulumi.runtime.test
def program():
    return pulumi.Output.all(**register(load(Path.cwd(), sys.argv[1]).stack, rendered="rendered/test").urls)

program()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

_IMPORT = "import json, sys, {}; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"


def loaded_by(*command: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has loaded once a script that prints them has run."""
    ended = subprocess.run([sys.executable, "-c", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.parametrize("stack", ["local", "dev", "staging"])
def test_stack_without_aws_loads_nothing_of_it(stack: str) -> None:
    assert loaded_by(_REGISTER, stack).isdisjoint({"pulumi_aws", "boto3", "botocore"})


def test_what_registers_aws_loads_its_resources_but_no_client() -> None:
    loaded = loaded_by(_IMPORT.format("components.aws.stack_resources"))
    assert "pulumi_aws" in loaded
    assert loaded.isdisjoint({"boto3", "botocore"})


@pytest.mark.parametrize(
    "module", ["components.stack_resources", "components.aws", "manifests.aws.scope", "operations.command"]
)
def test_what_every_command_imports_loads_nothing_of_aws(module: str) -> None:
    assert loaded_by(_IMPORT.format(module)).isdisjoint({"pulumi_aws", "boto3", "botocore"})
