"""Which regions a change goes on without: those that are drained and do not answer. Pure."""

from collections.abc import Collection, Mapping

from manifests.argocd.names import branch
from manifests.tree import argocd_of
from operations.api_server import UnreachableError
from operations.region.leading import hosts
from settings.environment import ArgoCD, Delivery
from settings.stack import Stack


def left_out(stack: Stack, silent: Collection[str]) -> tuple[str, ...]:
    """Return the clusters that a change goes on without, of those that do not answer: the drained ones.

    Never the primary one: what others run needs its migrations, its data and what the stack has in AWS, all of which
    go with its turn. None by Git, where nobody here applies to a region: Argo CD comes to it once it answers.
    """
    if stack.environment.delivery is not Delivery.DIRECT:
        return ()
    clusters = stack.environment.clusters
    return tuple(name for name in silent if clusters[name].drained and name != stack.environment.primary)


def refusal(stack: Stack, problems: Mapping[str, Exception], *, every: bool = False) -> list[str]:
    """Return the lines that refuse a change for the clusters that cannot be asked; none where all are left out.

    They say how to go on without a region that is down. That refuses us, or is not in the kubeconfig, is no sign of it.
    With `every` none is left out.
    """
    silent = [name for name, problem in problems.items() if isinstance(problem, UnreachableError)]
    if every:
        return [f"refused: {name}: {problem}" for name, problem in problems.items()]
    without = left_out(stack, silent)
    lines = [f"refused: {name}: {problem}" for name, problem in problems.items() if name not in without]
    environment = stack.environment
    argocd = argocd_of(stack)
    if lines and argocd and environment.primary not in problems:
        return [*lines, _way_by_git(stack, argocd)]
    if environment.delivery is not Delivery.DIRECT or len(environment.clusters) < 2:
        return lines
    if environment.primary in silent:
        why = "migrations, data stores and what is in AWS go with it, so nothing is changed without it"
        return [*lines, f"{environment.primary} is the primary region, drained or not: {why}"]
    return [*lines, *(_way_on(stack, name) for name in silent if name not in without)]


def warning(stack: Stack, name: str, problem: Exception) -> str:
    """Return the line that says that a cluster is left out, and what brings it up again."""
    return (
        f"warning: {name} is left out: it is drained, and {problem}; when it answers, `naru up --stack {stack.name}` "
        f"brings it up, and only then `naru region restore --stack {stack.name} {name}` puts it back"
    )


def _way_on(stack: Stack, name: str) -> str:
    drain = f"`naru region drain --stack {stack.name} {name}`"
    by_hand = f"`drained: true` of it in Pulumi.{stack.name}.yaml"
    how = drain if hosts(stack) else f"{by_hand} (what {drain} writes where its records are ours)"
    return f"if the region of {name} is down, go on without it: {how}, then this again"


def _way_by_git(stack: Stack, argocd: ArgoCD) -> str:
    """Return how a release goes back while the cluster of Argo CD answers, whatever another one does."""
    release = f"the version before in releases/{stack.name}.yaml and `naru publish --stack {stack.name}`"
    return f"without it a release goes back by Git: `git revert` on {branch(stack, argocd)}, or {release}"
