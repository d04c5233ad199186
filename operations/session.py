"""One stack, opened for an operation: its settings and objects, its engine, its clusters."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from components.providers import KUBECONFIG
from manifests.assembly import COMMON, assemble
from manifests.aws.scope import has_aws
from manifests.delivered import delivered
from manifests.placed import Place, Placed
from manifests.tree import Tree, argocd_of, tree
from operations import cluster_facts, cluster_state, preflight
from operations.api_server import ApiError, ApiServer, ContextError, UnreachableError, connect
from operations.argocd import facts as argocd_facts
from operations.argocd import findings as argocd_findings
from operations.automation import Engine, Request
from operations.deployed import Deployed
from operations.engine_command import EngineCommand
from operations.exits import Exit, Stop
from operations.failures import log_file
from operations.handover.replicas import hand_over
from operations.left_out import refusal, warning
from operations.needs import Needs, needs
from operations.output import say
from operations.region_order import beside
from operations.report import SystemState, applied_here, states
from operations.selection import Objects, chosen, declared, others, urns
from settings.environment import Delivery, Tier
from settings.stack import Stack
from settings.system import System

_RUN_LOCAL_UP = "the embedded control plane does not run: start it with `naru local up`"


@dataclass
class Session:
    """What the commands up, preview and destroy share."""

    root: Path
    stack: Stack
    systems: dict[str, System]
    """Those the command is about."""
    objects: dict[str, dict[str, tuple[Placed, ...]]]
    """By cluster and system, `common` included, for those systems: what Pulumi registers."""
    engine: Engine
    assembled: Objects = field(default_factory=dict)
    """The same for all systems."""
    deployed: Deployed = field(default_factory=lambda: Deployed({}))
    servers: dict[str, ApiServer] = field(default_factory=dict)
    """By cluster, where Pulumi itself applies."""
    tree: Tree = field(default_factory=lambda: Tree({}, {}))
    """The folders of the stack, where it goes to files."""
    argocd_server: ApiServer | None = None
    """The cluster of Argo CD, where that applies the files: Pulumi applies what Argo CD needs for it."""
    left_out: tuple[str, ...] = ()
    """The clusters of the stack that the command goes on without, as they do not answer."""

    @property
    def direct(self) -> bool:
        """Whether Pulumi itself applies."""
        return self.stack.environment.delivery is Delivery.DIRECT

    @property
    def expected(self) -> int:
        """How many objects the command is about."""
        return sum(len(placed) for systems in self.objects.values() for placed in systems.values())

    @property
    def where(self) -> str:
        """The clusters the command is about, where these are not all of the stack's."""
        return "" if len(self.objects) == len(self.stack.environment.clusters) else ", ".join(self.objects)

    @property
    def removed(self) -> list[str]:
        """Patterns for the URNs of all that is on clusters which the file names no more.

        Only an update of the whole stack deletes it, so every other one has to exclude it.
        """
        return beside(self.deployed.clusters, self.stack.environment.clusters)

    def on(self, cluster: str) -> "Session":
        """Return the same for one cluster alone."""
        objects = {name: systems for name, systems in self.objects.items() if name == cluster}
        servers = {name: server for name, server in self.servers.items() if name == cluster}
        return replace(self, objects=objects, servers=servers)

    def connect(self, *, every: bool = False, told: bool = False) -> None:
        """Reach every cluster that Pulumi applies to, and leave out the drained ones that do not answer.

        Say so, unless it was `told`; `every` leaves out none. Raises Stop with all others that cannot be reached.
        """
        environment = self.stack.environment
        problems: dict[str, Exception] = {}
        for name, cluster in environment.clusters.items():
            try:
                if self.direct:
                    self.servers[name] = connect(cluster, self.root)
                elif argocd_of(self.stack) and name == environment.primary:
                    self.argocd_server = connect(cluster, self.root)
            except (ContextError, UnreachableError, ApiError) as error:
                problems[name] = error
        refused = refusal(self.stack, problems, every=every)
        if refused:
            raise Stop(Exit.REFUSED, *refused, *([_RUN_LOCAL_UP] if self.engine.own else []))
        self.left_out = tuple(problems)
        self.objects = {name: systems for name, systems in self.objects.items() if name not in problems}
        for name, problem in () if told else problems.items():
            say(warning(self.stack, name, problem))

    def check_aws(self, *, all_: bool, accept: bool = False, urgent: bool = False) -> None:
        """Refuse credentials of another AWS account than the stack's, or what AWS has against the release as well.

        What is only against the release can be accepted; what is urgent goes on where AWS gives no answer. Raises Stop.
        """
        if not has_aws(self.stack):
            return
        from operations.aws.check import before_change  # noqa: PLC0415 - a stack without AWS has no use for it
        from operations.aws.preflight import ACCEPT, code  # noqa: PLC0415

        found = before_change(self.stack, self.systems, all_=all_, accept=accept, urgent=urgent)
        for finding in found:
            say(str(finding))
        stopping = [finding for finding in found if finding.stops]
        if stopping:
            lines = [f"nothing was changed: {len(stopping)} to put right first"]
            if not any(finding.kind == "account" for finding in stopping):
                lines.append(ACCEPT)
            raise Stop(code(found), *lines)

    def check(self, request: Request) -> Request:
        """Refuse what cannot go well, and warn about the rest; return the request as it is then to be.

        An embedded control plane that was made anew is no other cluster: the state is brought up to it. Raises Stop.
        """
        return self._checked(
            request,
            {
                cluster: needs(placed for system in systems.values() for placed in system)
                for cluster, systems in self.objects.items()
            },
            self._about_argocd(),
        )

    def check_identity(self, request: Request) -> Request:
        """Refuse clusters that are not those the stack was deployed to; otherwise as `check`. Raises Stop."""
        return self._checked(request, dict.fromkeys(self.objects, needs(())))

    def _checked(
        self, request: Request, needed: Mapping[str, Needs], found: Sequence[preflight.Finding] = ()
    ) -> Request:
        found = list(found)
        for cluster, server in self.servers.items():
            known = self.deployed.namespaces(cluster)
            try:
                facts = cluster_facts.gather(server, needed[cluster])
            except (ApiError, UnreachableError) as error:
                raise Stop(Exit.REFUSED, f"refused: {cluster}: {error}") from None
            anew = self.engine.own and preflight.is_another_cluster(facts, known)
            if anew and not request.refresh:
                say("the embedded control plane was made anew: the state is refreshed first")
                request = replace(request, refresh=True)
            known = {} if anew else known
            found += preflight.findings(cluster, needed[cluster], facts, known, refresh=request.refresh)
        for finding in found:
            say(str(finding))
        stopping = preflight.refusing(found)
        if stopping:
            raise Stop(Exit.REFUSED, f"nothing was changed: {len(stopping)} to put right first")
        if self.left_out:
            excluded = (*request.exclude, *beside(self.left_out, ()))
            request = replace(request, exclude=excluded, clusters=tuple(self.objects))
        return request

    def _about_argocd(self) -> list[preflight.Finding]:
        """Return all there is to say against having Argo CD apply the stack. Raises Stop."""
        server, argocd, primary = self.argocd_server, argocd_of(self.stack), self.stack.environment.primary
        if server is None or argocd is None:
            return []
        needed = needs(self.tree.applied)
        try:
            found = preflight.findings(primary, needed, cluster_facts.gather(server, needed), {})
            return [*found, *argocd_findings.findings(self.stack, argocd, argocd_facts.gather(server, argocd))]
        except (ApiError, UnreachableError) as error:
            raise Stop(Exit.REFUSED, f"refused: {primary}: {error}") from None

    def hand_over(self) -> None:
        """Keep the number of pods of what an update leaves to an autoscaler from now on. Raises Stop."""
        for cluster, server in self.servers.items():
            try:
                hand_over(server, (placed for systems in self.objects[cluster].values() for placed in systems))
            except (ApiError, UnreachableError) as error:
                raise Stop(Exit.REFUSED, f"refused: {cluster}: {error}") from None

    def update_request(self, *, refresh: bool) -> Request:
        """Return the request for an update of the chosen systems."""
        excluded = others(self.stack, self.systems, self.deployed.systems)
        excluded += self.removed if excluded else []
        left = self.deployed.names - declared(self.assembled) if excluded else ()
        systems = tuple(self.systems) if excluded else ()
        return Request(excluded, systems=systems, refresh=refresh, serial=any(":" in name for name in left))

    def destroy_request(self, named: Sequence[str], *, refresh: bool) -> Request:
        """Return the request to delete the named systems, everything where none is named."""
        return Request(target=urns(self.stack, self.systems) if named else (), refresh=refresh)

    def states(self, components: Collection[str] | None = None) -> list[SystemState]:
        """Return how the chosen systems are now, on every cluster; of some `components` only what is theirs."""
        found = []
        for cluster, systems in self.objects.items():
            mine = {
                name: tuple(one for one in placed if components is None or one.component in components)
                for name, placed in systems.items()
                if name != COMMON
            }
            lists = None
            if cluster in self.servers:
                lists = cluster_state.lists(self.servers[cluster], (p for placed in systems.values() for p in placed))
            for name, placed in mine.items():
                place = Place(self.stack, self.systems[name], cluster)
                found.append(states(place, placed, lists if applied_here(place) else None))
        return found


def open_session(root: Path, stack: Stack, named: Sequence[str], operation: str) -> Session:
    """Choose a stack's systems and prepare its engine. Raises SettingsError and Stop."""
    systems = chosen(stack, named)
    assembled = {cluster: assemble(stack, cluster) for cluster in stack.environment.clusters}
    renders = stack.environment.delivery is Delivery.GITOPS
    found = tree(stack, assembled) if renders else Tree({}, {})
    registered = delivered(stack, assembled, found)
    objects = {
        cluster: {system: placed for system, placed in all_.items() if system in systems or system == COMMON}
        for cluster, all_ in registered.items()
    }
    return Session(root, stack, systems, objects, _engine(root, stack, operation), registered, tree=found)


def _engine(root: Path, stack: Stack, operation: str) -> Engine:
    own = stack.environment.tier is Tier.LOCAL
    environment: dict[str, str] = {}
    if own:
        from local.plane import ControlPlane  # noqa: PLC0415 - real stacks have no use for it
        from local.progress import lines  # noqa: PLC0415
        from local.toolchain import ToolchainError  # noqa: PLC0415

        try:
            environment = ControlPlane(root).pulumi_environment(lines())
        except ToolchainError as error:
            raise Stop(Exit.REFUSED, *str(error).splitlines()) from None
    # A provider that renders to a directory is to know no cluster; the one that applies is handed the kubeconfig.
    renders = stack.environment.delivery is Delivery.GITOPS
    if renders and os.environ.get("KUBECONFIG"):
        paths = os.environ["KUBECONFIG"].split(os.pathsep)
        environment = {**environment, KUBECONFIG: os.pathsep.join(str(Path(path).absolute()) for path in paths if path)}
    command = EngineCommand(environment, say, without=("KUBECONFIG", KUBECONFIG) if renders else ())
    log = log_file(root, f"{stack.name}-{operation}")
    return Engine(root, stack.name, command, log, say, environment, own)
