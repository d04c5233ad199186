"""How a stack comes from the project's files, and where each of its values comes from."""

from pathlib import Path
from typing import Any

import pytest

from settings.faults import SettingsError
from settings.loading import Loaded, Origin, check, find_root, stacks
from settings.strategy import Canary, CanaryStep
from tests.projects import Project

SHOP = "catalog/shop.yaml"
COMMON = "catalog/common.yaml"
PROD = "Pulumi.prod.yaml"
SYSTEMS = "  naru:systems:\n    shop: { services: { api: { env: { LEVEL: stack } } } }\n  naru:environment:"


def refusal(loaded: Loaded, subject: str, path: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded.explain(subject, path)
    return str(caught.value)


class TestProject:
    def test_root_is_found_from_below(self, project: Project) -> None:
        assert find_root(project.root / "catalog") == project.root
        assert find_root(project.root) == project.root

    def test_no_root_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError) as caught:
            find_root(tmp_path)
        assert str(caught.value) == f"{tmp_path}: no Pulumi.yaml here or above; run naru in the project, or give --root"

    def test_stacks_are_those_with_a_file(self, project: Project) -> None:
        project.write("Pulumi.a.b.yaml", "")
        assert stacks(project.root) == ["a.b", "dev", "prod"]

    def test_a_stack_that_there_is_not_is_told(self, project: Project) -> None:
        assert project.faults("prodd") == ['Pulumi.prodd.yaml: no such stack; did you mean "prod"?']

    def test_check_gives_every_stack(self, project: Project) -> None:
        assert {name: loaded.stack.name for name, loaded in check(project.root).items()} == {
            "dev": "dev",
            "prod": "prod",
        }

    def test_one_stack_does_not_mind_the_files_of_another(self, project: Project) -> None:
        project.write("releases/prod.yaml", "")
        project.write("Pulumi.prod.yaml", "")
        assert project.faults("dev") == []

    def test_systems_come_in_the_order_of_their_files(self, project: Project) -> None:
        assert list(project.load().stack.systems) == ["mail", "shop"]

    def test_names_are_those_of_files_and_keys(self, project: Project) -> None:
        shop = project.load().stack.systems["shop"]
        assert (shop.name, shop.services["api"].name, shop.data_stores["store"].name) == ("shop", "api", "store")


class TestPrecedence:
    """common → system → environment of common → environment of system → the stack's own config → release."""

    LAYERS = (
        (COMMON, "    writablePaths: [/tmp]", "    writablePaths: [/tmp]\n    env: { LEVEL: common }"),
        (SHOP, "env: { MODE: fast }", "env: { MODE: fast, LEVEL: system }"),
        (COMMON, "dataStore: { storage: { size: 10Gi } }", "service: { env: { LEVEL: environment of common } }"),
        (SHOP, "api: { replicas: 4 }", "api: { env: { LEVEL: environment of system } }"),
        (PROD, "  naru:environment:", SYSTEMS),
    )
    LABELS = ("common", "system", "environment of common", "environment of system", "stack")

    @pytest.mark.parametrize("count", range(1, 6))
    def test_each_layer_wins_over_those_before(self, project: Project, count: int) -> None:
        for change in self.LAYERS[:count]:
            project.change(*change)
        loaded = project.load("prod")
        assert loaded.stack.systems["shop"].services["api"].env["LEVEL"] == self.LABELS[count - 1]
        assert [origin.layer for origin in loaded.explain("shop/api", "env.LEVEL")] == [*self.LABELS[:count]]

    @pytest.mark.parametrize("given", range(5))
    def test_each_layer_alone_is_enough(self, project: Project, given: int) -> None:
        project.change(*self.LAYERS[given])
        assert project.load("prod").stack.systems["shop"].services["api"].env["LEVEL"] == self.LABELS[given]

    def test_release_wins_over_all(self, project: Project) -> None:
        project.change(SHOP, "repository: shop/api", "repository: shop/api, tag: 0.1.0")
        project.change(PROD, "  naru:environment:", SYSTEMS.replace("env: { LEVEL: stack }", "image: { tag: 0.2.0 }"))
        loaded = project.load("prod")
        assert loaded.stack.systems["shop"].services["api"].image.tag == "1.0.0"
        assert [(origin.layer, origin.value) for origin in loaded.explain("shop/api", "image.tag")] == [
            ("system", "0.1.0"),
            ("stack", "0.2.0"),
            ("release", "1.0.0"),
        ]

    def test_release_of_a_sidecar_is_the_sidecars(self, project: Project) -> None:
        sidecar = """sidecars:
      proxy:
        image: { repository: proxy }
        ports: { proxy: { container: 3000 } }
        resources: { requests: { cpu: 1 }, limits: {} }
        probes: { startup: { tcp: proxy }, readiness: { tcp: proxy }, liveness: { tcp: proxy } }"""
        project.change(SHOP, "replicas: 2", sidecar)
        for stack in ("dev", "prod"):
            project.add(f"releases/{stack}.yaml", "")
            project.change(f"releases/{stack}.yaml", "shop:", "shop:\n  api/proxy: { tag: 2.0.0 }")
        api = project.load().stack.systems["shop"].services["api"]
        assert (api.image.tag, api.sidecars["proxy"].image.tag) == ("1.0.0", "2.0.0")

    def test_release_gives_a_service_its_second_version(self, project: Project) -> None:
        project.change(SHOP, "replicas: 2", "replicas: 2\n    strategy: { type: canaryDeployment, weight: 50 }")
        said = "api: { tag: 1.0.0, canary: { tag: 2.0.0, needsSchema: {} } }"
        project.change("releases/prod.yaml", "api: { tag: 1.0.0 }", said)
        tried = {name: project.load(name).stack.systems["shop"].services["api"] for name in ("dev", "prod")}
        assert tried["dev"].canary is None
        assert tried["prod"].canary is not None
        assert (tried["prod"].image.tag, tried["prod"].canary.tag) == ("1.0.0", "2.0.0")

    def test_release_says_which_color_is_live(self, project: Project) -> None:
        project.change(SHOP, "replicas: 2", "replicas: 2\n    strategy: { type: blueGreenIngress }")
        said = "api: { tag: 1.0.0, colors: { green: { tag: 2.0.0 } }, live: green }"
        project.change("releases/prod.yaml", "api: { tag: 1.0.0 }", said)
        live = {name: project.load(name).stack.systems["shop"].services["api"].live for name in ("dev", "prod")}
        assert live == {"dev": "blue", "prod": "green"}

    def test_an_environment_has_another_strategy_and_the_rest_stays(self, project: Project) -> None:
        strategy = "strategy: { type: blueGreen, previewService: api-next, preview: { hosts: [mail] } }"
        project.change(SHOP, "replicas: 2", f"replicas: 2\n    {strategy}")
        project.change(SHOP, "api: { replicas: 4 }", "api: { strategy: { type: canary, steps: [{ weight: 50 }] } }")
        services = {name: project.load(name).stack.systems["shop"].services["api"] for name in ("dev", "prod")}
        assert {name: service.strategy.type for name, service in services.items()} == {
            "dev": "blueGreen",
            "prod": "canary",
        }
        assert services["prod"].model_copy(update={"strategy": services["dev"].strategy}) == services["dev"]

    def test_an_environment_changes_a_strategy_of_the_same_type_in_part(self, project: Project) -> None:
        project.change(SHOP, "replicas: 2", "replicas: 2\n    strategy: { type: canary, steps: [{ weight: 50 }] }")
        project.change(SHOP, "api: { replicas: 4 }", "api: { strategy: { steps: [{ weight: 60 }] } }")
        strategy = project.load("prod").stack.systems["shop"].services["api"].strategy
        assert strategy == Canary(type="canary", steps=(CanaryStep(weight=60),))

    def test_an_environment_changes_its_own_stack_alone(self, project: Project) -> None:
        replicas = {name: project.load(name).stack.systems["shop"].services["api"].replicas for name in ("dev", "prod")}
        assert replicas == {"dev": 2, "prod": 4}

    def test_engines_default_their_data_stores_alone(self, project: Project) -> None:
        stores = {name: project.load(name).stack.systems["shop"].data_stores["store"] for name in ("dev", "prod")}
        assert stores["dev"].image.repository == "postgres"
        assert {name: store.storage.size for name, store in stores.items()} == {"dev": "1Gi", "prod": "10Gi"}

    def test_lists_replace(self, project: Project) -> None:
        project.change(SHOP, "api: { replicas: 4 }", "api: { writablePaths: [/var/run] }")
        assert project.load("prod").stack.systems["shop"].services["api"].writable_paths == ("/var/run",)

    def test_null_removes(self, project: Project) -> None:
        project.change(SHOP, "api: { replicas: 4 }", "api: { mounts: null, volumes: null, replicas: null }")
        api = project.load("prod").stack.systems["shop"].services["api"]
        assert (api.mounts, api.volumes, api.replicas) == ({}, {}, 1)

    def test_null_removes_a_whole_service_and_its_release_goes_too(self, project: Project) -> None:
        project.change(SHOP, "api: { replicas: 4 }", "web: null")
        project.change("releases/prod.yaml", "  web: { tag: 1.0.0 }\n", "")
        assert list(project.load("prod").stack.systems["shop"].services) == ["api"]
        assert list(project.load("dev").stack.systems["shop"].services) == ["web", "api"]

    def test_quantities_are_spelt_as_the_api_server_does(self, project: Project) -> None:
        project.change(SHOP, "replicas: 2", "resources: { requests: { cpu: 0.5, memory: 0.25Gi } }")
        requests = project.load().stack.systems["shop"].services["api"].resources.requests
        assert (requests.cpu, requests.memory) == ("500m", "256Mi")


class TestExplain:
    @pytest.mark.parametrize(
        ("subject", "path", "origins"),
        [
            (
                "shop/api",
                "replicas",
                [Origin(2, SHOP, 13, "system"), Origin(4, SHOP, 29, "environment of system")],
            ),
            ("shop/api", "resources.requests.cpu", [Origin("100m", COMMON, 5, "common")]),
            ("shop/api", "image.tag", [Origin("1.0.0", "releases/prod.yaml", 3, "release")]),
            (
                "shop/store",
                "storage.size",
                [Origin("1Gi", COMMON, 18, "common"), Origin("10Gi", COMMON, 26, "environment of common")],
            ),
            ("shop/store", "readReplica", [Origin(False, "", 0, "default")]),
            ("shop/api", "exposure.public.sslRedirect", [Origin(True, "", 0, "default")]),
            ("shop/api", "exposure.public.hosts[0]", [Origin("shop", SHOP, 18, "system")]),
            ("shop/api", "exposure.public.paths[0].type", [Origin("Prefix", "", 0, "default")]),
            ("shop/api", "writablePaths", [Origin(["/tmp"], COMMON, 11, "common")]),
            ("shop/db", "keys.password.generate", [Origin("password", "", 0, "default")]),
            ("shop/main", "name", [Origin("shop", SHOP, 3, "system")]),
            ("shop", "description", [Origin("Shop", SHOP, 1, "system")]),
            ("shop", "sync.prune", [Origin(True, "", 0, "default")]),
            ("environment", "tier", [Origin("production", "Pulumi.prod.yaml", 4, "stack")]),
            ("environment", "clusters.main.region", [Origin("seoul", "Pulumi.prod.yaml", 6, "stack")]),
            ("environment", "ingressClass", [Origin("nginx", "", 0, "default")]),
        ],
    )
    def test_value_file_line_and_what_it_replaced(
        self, project: Project, subject: str, path: str, origins: list[Origin]
    ) -> None:
        assert project.load("prod").explain(subject, path) == tuple(origins)

    @pytest.mark.parametrize(
        ("strategy", "said", "path", "value"),
        [
            ("canaryDeployment, weight: 50", "canary: { tag: 2.0.0 }", "canary.tag", "2.0.0"),
            ("blueGreenIngress", "colors: { green: { tag: 2.0.0 } }", "colors.green.tag", "2.0.0"),
            ("blueGreenIngress", "live: green", "live", "green"),
        ],
    )
    def test_a_second_version_is_of_the_release(
        self, project: Project, strategy: str, said: str, path: str, value: str
    ) -> None:
        project.change(SHOP, "replicas: 2", f"replicas: 2\n    strategy: {{ type: {strategy} }}")
        project.change("releases/prod.yaml", "api: { tag: 1.0.0 }", f"api:\n    tag: 1.0.0\n    {said}")
        loaded = project.load("prod")
        assert loaded.explain("shop/api", path) == (Origin(value, "releases/prod.yaml", 5, "release"),)
        assert loaded.explain("shop/api", "image.tag") == (Origin("1.0.0", "releases/prod.yaml", 4, "release"),)

    def test_a_strategy_that_an_environment_replaces_is_explained(self, project: Project) -> None:
        project.change(SHOP, "replicas: 2", "strategy: { type: blueGreen, preview: { hosts: [mail] } }")
        project.change(SHOP, "api: { replicas: 4 }", "api: { strategy: { type: rolling } }")
        explain = project.load("prod").explain
        assert explain("shop/api", "strategy.preview.hosts") == (
            Origin(["mail"], SHOP, 13, "system"),
            Origin(None, SHOP, 29, "environment of system"),
        )
        assert [origin.value for origin in explain("shop/api", "strategy.type")] == ["blueGreen", "rolling"]

    def test_a_value_that_is_gone_ends_with_nothing(self, project: Project) -> None:
        project.change(SHOP, "api: { replicas: 4 }", "api: { env: { MODE: null } }")
        assert project.load("prod").explain("shop/api", "env.MODE") == (
            Origin("fast", SHOP, 14, "system"),
            Origin(None, SHOP, 29, "environment of system"),
        )

    def test_a_value_that_is_gone_gives_way_to_the_models_default(self, project: Project) -> None:
        project.change(SHOP, "api: { replicas: 4 }", "api: { replicas: null }")
        assert project.load("prod").explain("shop/api", "replicas") == (
            Origin(2, SHOP, 13, "system"),
            Origin(None, SHOP, 29, "environment of system"),
            Origin(1, "", 0, "default"),
        )

    def test_a_list_says_what_it_replaced(self, project: Project) -> None:
        project.change(SHOP, "api: { replicas: 4 }", "api: { writablePaths: [/run] }")
        assert [origin.value for origin in project.load("prod").explain("shop/api", "writablePaths")] == [
            ["/tmp"],
            ["/run"],
        ]

    def test_a_service_goes_before_a_namespace_of_its_name(self, project: Project) -> None:
        project.change(SHOP, "main: { name: shop }", "api: { name: shop }")
        assert project.load("prod").explain("shop/api", "replicas")[-1].value == 4

    @pytest.mark.parametrize(
        ("subject", "path", "line"),
        [
            ("shup", "x", 'shup: no such system; did you mean "shop"?'),
            ("shop/apo", "x", 'shop/apo: shop has no "apo"; did you mean "api"?'),
            ("shop/api", "replica", 'shop/api: no "replica" in shop/api; did you mean "replicas"?'),
            ("shop/api", "resources.request.cpu", 'shop/api: no "request" in resources; did you mean "requests"?'),
            ("shop/api", "replicas.min", 'shop/api: no "min" in replicas'),
            (
                "shop/api",
                "writablePaths[7]",
                'shop/api: no "7" in writablePaths; expected a place in it, at most writablePaths[0]',
            ),
            (
                "shop/api",
                "writablePaths.0",
                'shop/api: no "0" in writablePaths; expected a place in it, at most writablePaths[0]',
            ),
            (
                "shop/api",
                "env[",
                'shop/api: "env[" is not a path from "[" on; expected a path such as resources.requests.cpu',
            ),
            ("environment", "teir", 'environment: no "teir" in environment; did you mean "tier"?'),
        ],
    )
    def test_what_there_is_not_is_told(self, project: Project, subject: str, path: str, line: str) -> None:
        assert refusal(project.load("prod"), subject, path) == line

    def test_every_value_of_the_project_is_explained(self, project: Project) -> None:
        loaded = project.load("prod")
        dumped = loaded.stack.systems["shop"].services["api"].model_dump(mode="json", by_alias=True)
        for path, value in leaves(dumped):
            assert loaded.explain("shop/api", path)[-1].value == value


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves(inner, f'{path}["{key}"]')]
    if isinstance(value, list) and value:
        return [leaf for index, inner in enumerate(value) for leaf in leaves(inner, f"{path}[{index}]")]
    return [(path, value)]
