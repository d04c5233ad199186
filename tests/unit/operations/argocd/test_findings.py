"""Whether Argo CD can take a stack, and what is found out about it."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from manifests.argocd.server_settings import server_settings
from operations.api_server import ApiError, UnreachableError
from operations.argocd.config import config_map
from operations.argocd.facts import gather
from operations.argocd.findings import ArgoFacts, findings
from settings.environment import ArgoCD
from settings.stack import Stack
from tests.builders import TWO_CLUSTERS, a_service, a_stack, a_system

REPOSITORY = "https://git.example.com/deployments.git"
RIGHT = ArgoFacts(namespace=True, settings={"url": "u", **server_settings()}, clusters=frozenset({"seoul", "tokyo"}))


@pytest.fixture
def stack() -> Stack:
    argocd = {"repository": REPOSITORY, "namespace": "delivery"}
    return a_stack(a_system(a_service()), clusters=TWO_CLUSTERS, delivery="gitops", argocd=argocd)


def said(stack: Stack, facts: ArgoFacts) -> list[str]:
    argocd = stack.environment.argocd
    assert argocd is not None
    return [str(finding) for finding in findings(stack, argocd, facts)]


def test_argo_cd_that_has_everything_is_accepted(stack: Stack) -> None:
    assert said(stack, RIGHT) == []


def test_namespace_that_is_missing_is_all_there_is_to_say(stack: Stack) -> None:
    (line,) = said(stack, ArgoFacts(namespace=False, settings={}, clusters=frozenset()))
    assert line.startswith("refused: seoul: there is no namespace delivery: install Argo CD there")


def test_settings_that_are_lacking_and_that_differ_are_one_line_with_the_remedy(stack: Stack) -> None:
    first, second, *_ = sorted(server_settings())
    found = {key: value for key, value in server_settings().items() if key != first}
    (line,) = said(stack, replace(RIGHT, settings={**found, second: "return {}"}))
    assert f"lacks {first} and has another {second}: `naru argocd config --stack dev | kubectl --context seoul" in line
    assert line.startswith("refused: seoul: the ConfigMap argocd-cm in delivery")


def test_space_at_the_end_of_a_setting_is_no_difference(stack: Stack) -> None:
    assert said(stack, replace(RIGHT, settings={key: f"{text}\n\n" for key, text in server_settings().items()})) == []


def test_every_cluster_that_argo_cd_does_not_know_has_its_line(stack: Stack) -> None:
    here, there = said(stack, replace(RIGHT, clusters=frozenset({"in-cluster"})))
    assert "knows no cluster seoul (it has in-cluster): `argocd cluster add seoul`" in here
    assert "`argocd cluster add tokyo`" in there


def test_cluster_that_argo_cd_runs_in_is_known_by_its_own_name() -> None:
    clusters = {"main": {"context": "in-cluster", "region": "seoul"}}
    stack = a_stack(clusters=clusters, delivery="gitops", argocd={"repository": REPOSITORY})
    assert said(stack, replace(RIGHT, clusters=frozenset())) == []


def test_what_may_not_be_seen_is_only_warned_about(stack: Stack) -> None:
    lines = said(stack, ArgoFacts(namespace=None, settings=None, clusters=None))
    assert [line.partition(": ")[0] for line in lines] == ["warning", "warning"]
    assert "you may not read the ConfigMap argocd-cm in delivery" in lines[0]
    assert "whether Argo CD knows seoul, tokyo is not known" in lines[1]


def test_config_map_to_apply_is_found_by_argo_cd_and_has_nothing_else(stack: Stack) -> None:
    assert stack.environment.argocd is not None
    made = config_map(stack.environment.argocd)
    labels = {"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"}
    assert made["metadata"] == {"name": "argocd-cm", "namespace": "delivery", "labels": labels}
    assert yaml.safe_load(yaml.safe_dump(made["data"])) == server_settings()


class Asked:
    """A cluster with Argo CD's namespace, ConfigMap and Secrets; `refused` and `missing` are ends of paths."""

    def __init__(self, *, refused: Mapping[str, int] | None = None) -> None:
        self.refused = refused or {}
        self.selectors: list[str] = []

    def get(self, path: str) -> dict[str, Any]:
        self._may(path)
        return {"data": {"url": "u"}} if path.endswith("argocd-cm") else {"metadata": {"name": "argocd"}}

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        self._may(path)
        self.selectors.append(query["labelSelector"])
        names = ["seoul", "tokyo", ""]
        secrets = [{"data": {"name": base64.b64encode(name.encode()).decode(), "config": "c"}} for name in names]
        return [*secrets, {"data": {"name": "no base64"}}, {}]

    def _may(self, path: str) -> None:
        for end, status in self.refused.items():
            if path.endswith(end):
                raise ApiError(status, f"{path}: {status}")


def asked(**refused: int) -> ArgoFacts:
    server = Asked(refused={end.replace("_", "-"): status for end, status in refused.items()})
    return gather(server, ArgoCD(repository=REPOSITORY))  # type: ignore[arg-type]


def test_names_of_clusters_are_all_that_is_kept_of_secrets() -> None:
    facts = asked()
    assert facts == ArgoFacts(namespace=True, settings={"url": "u"}, clusters=frozenset({"seoul", "tokyo"}))


def test_only_secrets_of_clusters_are_asked_for() -> None:
    server = Asked()
    gather(server, ArgoCD(repository=REPOSITORY))  # type: ignore[arg-type]
    assert server.selectors == ["argocd.argoproj.io/secret-type=cluster"]


@pytest.mark.parametrize("status", [401, 403])
def test_what_may_not_be_read_is_unknown(status: int) -> None:
    facts = asked(argocd=status, argocd_cm=status, secrets=status)
    assert facts == ArgoFacts(namespace=None, settings=None, clusters=None)


def test_what_is_not_there_is_empty() -> None:
    assert asked(argocd_cm=404).settings == {}
    assert asked(argocd=404) == ArgoFacts(namespace=False, settings={}, clusters=frozenset())


@pytest.mark.parametrize("end", ["argocd", "argocd_cm", "secrets"])
def test_api_server_that_fails_is_no_answer(end: str) -> None:
    with pytest.raises(ApiError):
        asked(**{end: 500})


def test_api_server_that_goes_away_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise UnreachableError("gone")

    monkeypatch.setattr(Asked, "get", gone)
    with pytest.raises(UnreachableError):
        asked()
