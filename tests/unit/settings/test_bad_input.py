"""Whatever is in the files, what is said is one line a fault with file and line, and all of them at once."""

import copy
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.faults import Fault, SettingsError
from settings.loading import check
from tests.projects import FILES, Project

SHOP = "catalog/shop.yaml"
COMMON = "catalog/common.yaml"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{depth}: &a{depth} [{', '.join([f'*a{depth - 1}'] * 10)}]\n" for depth in range(1, 9)
)


class TestFiles:
    """What is wrong with a file as a whole, wherever it stands."""

    @pytest.mark.parametrize("file", sorted(FILES.keys() - {"Pulumi.yaml"}))
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param("a: [1\nb: 2\n", ':2: a list in [ ] that is not closed; expected "," or "]"', id="syntax"),
            pytest.param("", ": an empty file; expected a map", id="empty"),
            pytest.param("# nothing\n", ": an empty file; expected a map", id="only-a-comment"),
            pytest.param(
                b"a: 1\nb: \xff\n", ":2: byte 0xff at offset 8 is not UTF-8; save the file as UTF-8", id="utf-8"
            ),
            pytest.param("- a\n", ':1: found a list; expected a map: lines of "key: value"', id="list"),
            pytest.param("a: 1\n\tb: 2\n", ":2: a tab in the indentation; indent with spaces", id="tab"),
            pytest.param(
                BOMB, ":6: a5[7]: aliases that unfold to more than 1,000,000 values; expected fewer", id="anchor-bomb"
            ),
        ],
    )
    def test_a_file_that_cannot_be_used_is_told_once(
        self, project: Project, file: str, content: str | bytes, said: str
    ) -> None:
        project.write(file, content)
        (line,) = project.faults()
        assert line.startswith(file)
        assert line.endswith(said)

    @pytest.mark.parametrize(
        ("file", "line"),
        [
            ("catalog/common.yaml", "catalog/common.yaml: no such file"),
            ("releases/prod.yaml", "releases/prod.yaml: no such file"),
        ],
    )
    def test_a_file_that_is_missing_is_told(self, project: Project, file: str, line: str) -> None:
        project.remove(file)
        assert project.faults() == [line]

    def test_a_system_without_file_is_missed_by_those_that_name_it(self, project: Project) -> None:
        project.remove("catalog/mail.yaml")
        assert project.faults() == [
            'releases/dev.yaml:4: mail: a release for the unknown system "mail"; expected "shop"',
            'releases/prod.yaml:4: mail: a release for the unknown system "mail"; expected "shop"',
        ]

    def test_a_folder_that_is_missing_is_told(self, project: Project) -> None:
        for file in FILES:
            if file.startswith("catalog/"):
                project.remove(file)
        (project.root / "catalog").rmdir()
        assert project.faults()[:2] == [
            "catalog: no system; add a file catalog/<system>.yaml",
            'catalog/common.yaml: no such file; its folder "catalog" is missing too',
        ]

    def test_a_project_without_stacks_is_told(self, project: Project) -> None:
        project.remove("Pulumi.dev.yaml")
        project.remove("Pulumi.prod.yaml")
        assert project.faults()[0] == "Pulumi.yaml: the project has no stack; add a Pulumi.<stack>.yaml"

    def test_a_release_for_no_stack_is_told(self, project: Project) -> None:
        project.write("releases/prd.yaml", "shop: {}\n")
        assert project.faults() == ['releases/prd.yaml: a release for no stack; did you mean "prod"?']

    def test_a_folder_in_place_of_a_file_is_told(self, project: Project) -> None:
        (project.root / "catalog" / "more.yaml").mkdir()
        assert project.faults() == ["catalog/more.yaml: a directory; expected a YAML file"]

    def test_a_file_whose_name_is_no_name_is_told(self, project: Project) -> None:
        project.write("catalog/My Shop.yaml", "description: x\nnamespaces: { mine: {} }\n")
        assert project.faults() == [
            'catalog/My Shop.yaml: the file\'s name "My Shop"; a name has at most 63 lower-case letters, digits and '
            "dashes, and starts and ends with no dash"
        ]


class TestValues:
    """What is wrong with one value, told where it stands."""

    @pytest.mark.parametrize(
        ("file", "old", "new", "line"),
        [
            pytest.param(*case[1:], id=case[0])
            for case in (
                (
                    "wrong-type",
                    SHOP,
                    "replicas: 2",
                    "replicas: many",
                    'catalog/shop.yaml:13: services.api.replicas: found text "many" (on dev); expected a whole number',
                ),
                (
                    "number-in-quotes",
                    SHOP,
                    "replicas: 4",
                    'replicas: "4"',
                    'catalog/shop.yaml:29: environments.prod.services.api.replicas: found text "4"; '
                    "expected a whole number, without quotes",
                ),
                (
                    "text-without-quotes",
                    SHOP,
                    "MODE: fast",
                    "MODE: 1",
                    "catalog/shop.yaml:14: services.api.env.MODE: found number 1; expected text, in quotes",
                ),
                (
                    "unknown-key",
                    SHOP,
                    "replicas: 2",
                    "replica: 2",
                    'catalog/shop.yaml:13: services.api.replica: unknown key "replica"; did you mean "replicas"?',
                ),
                (
                    "unknown-key-of-common",
                    COMMON,
                    "limits: { cpu",
                    "limits: { gpu",
                    "catalog/common.yaml:6: defaults.service.resources.limits.gpu: "
                    'unknown key "gpu"; did you mean "cpu"?',
                ),
                (
                    "unknown-key-of-the-stack",
                    "Pulumi.prod.yaml",
                    "region: seoul",
                    "regoin: seoul, region: seoul",
                    "Pulumi.prod.yaml:6: config.naru:environment.clusters.main.regoin: "
                    'unknown key "regoin"; did you mean "region"?',
                ),
                (
                    "unknown-key-of-the-program",
                    "Pulumi.prod.yaml",
                    "naru:environment:",
                    "naru:enviroment:",
                    'Pulumi.prod.yaml:3: config.naru:enviroment: unknown key "naru:enviroment"; '
                    'did you mean "naru:environment"?',
                ),
                (
                    "unknown-key-of-pulumi",
                    "Pulumi.prod.yaml",
                    "config:",
                    "conifg: {}\nconfig:",
                    'Pulumi.prod.yaml:1: conifg: unknown key "conifg"; did you mean "config"?',
                ),
                (
                    "unknown-key-of-a-release",
                    "releases/prod.yaml",
                    "web: { tag",
                    "web: { tga",
                    'releases/prod.yaml:2: shop.web.tga: unknown key "tga"; did you mean "tag"?',
                ),
                (
                    "duplicate-key",
                    SHOP,
                    "    replicas: 2",
                    "    replicas: 2\n    replicas: 3",
                    'catalog/shop.yaml:14: services.api.replicas: the key "replicas" again, first on line 13; '
                    "expected each key once",
                ),
                (
                    "quantity",
                    COMMON,
                    "cpu: 100m",
                    "cpu: 100 m",
                    'catalog/common.yaml:5: defaults.service.resources.requests.cpu: found text "100 m"; '
                    'a quantity is a number with an optional unit, such as "250m", "512Mi" or "1"',
                ),
                (
                    "quantity-of-an-engine",
                    COMMON,
                    "memory: 512Mi",
                    "memory: 512MB",
                    'catalog/common.yaml:17: engines.postgresql.resources.requests.memory: found text "512MB"; '
                    'a quantity is a number with an optional unit, such as "250m", "512Mi" or "1"',
                ),
                (
                    "duration",
                    SHOP,
                    "replicas: 2",
                    "objectives: { errorRate: { threshold: 5, window: 5 minutes } }",
                    'catalog/shop.yaml:13: services.api.objectives.errorRate.window: found text "5 minutes"; '
                    'a duration is whole hours, minutes and seconds, such as "10m", "1h30m" or "45s"',
                ),
                (
                    "host-name",
                    "Pulumi.prod.yaml",
                    "shop: shop.prod.example.com",
                    "shop: Shop_prod",
                    'Pulumi.prod.yaml:7: config.naru:environment.domains.shop: found text "Shop_prod"; '
                    'a host name has lower-case labels with dots between, such as "www.example.com"',
                ),
                (
                    "port-out-of-range",
                    SHOP,
                    "container: 8080 }",
                    "container: 80800 }",
                    "catalog/shop.yaml:12: services.api.ports.http.container: "
                    "found number 80800; expected at most 65535",
                ),
                (
                    "enumeration",
                    SHOP,
                    "engine: postgresql",
                    "engine: postgres",
                    'catalog/shop.yaml:22: dataStores.store.engine: found text "postgres"; did you mean "postgresql"?',
                ),
                (
                    "missing-key",
                    SHOP,
                    "ports: { http: { container: 8080 } }",
                    "ports: { http: { service: 80 } }",
                    'catalog/shop.yaml:12: services.api.ports.http.container: the key "container" is missing; '
                    "expected a whole number",
                ),
                (
                    "list-for-a-map",
                    SHOP,
                    "env: { MODE: fast }",
                    "env: [MODE=fast]",
                    "catalog/shop.yaml:14: services.api.env: found a list; expected a map",
                ),
                (
                    "map-for-a-list",
                    SHOP,
                    "dependsOn: [store]",
                    "dependsOn: { store: {} }",
                    "catalog/shop.yaml:19: services.api.dependsOn: found a map; expected a list",
                ),
                (
                    "list-of-environments",
                    SHOP,
                    "environments:\n  prod:\n    services:\n      api: { replicas: 4 }",
                    "environments: [prod]",
                    "catalog/shop.yaml:26: environments: found a list; expected a map",
                ),
                (
                    "list-as-environment",
                    SHOP,
                    "    services:\n      api: { replicas: 4 }",
                    "    - api",
                    "catalog/shop.yaml:27: environments.prod: found a list; expected a map",
                ),
                (
                    "number-as-service",
                    SHOP,
                    "api: { replicas: 4 }",
                    "api: 4",
                    "catalog/shop.yaml:29: environments.prod.services.api: found number 4; expected a map",
                ),
                (
                    "list-of-defaults",
                    COMMON,
                    "dataStore: { storage: { size: 10Gi } }",
                    "dataStore: [10Gi]",
                    "catalog/common.yaml:26: environments.prod.defaults.dataStore: found a list; expected a map",
                ),
                (
                    "list-of-defaults-of-all",
                    COMMON,
                    "defaults:\n  service:",
                    "defaults:\n  namespace: [quota]\n  service:",
                    "catalog/common.yaml:2: defaults.namespace: found a list; expected a map",
                ),
                (
                    "list-as-an-engine-that-nobody-has",
                    COMMON,
                    "engines:\n",
                    "engines:\n  redis: [image]\n",
                    "catalog/common.yaml:13: engines.redis: found a list; expected a map",
                ),
                (
                    "unknown-part-of-common",
                    COMMON,
                    "engines:\n",
                    "engine: {}\nengines:\n",
                    'catalog/common.yaml:12: engine: unknown key "engine"; did you mean "engines"?',
                ),
                (
                    "unknown-kind-of-defaults",
                    COMMON,
                    "defaults:\n  service:",
                    "defaults:\n  dataStores: {}\n  service:",
                    'catalog/common.yaml:2: defaults.dataStores: unknown key "dataStores"; did you mean "dataStore"?',
                ),
                (
                    "unknown-engine",
                    COMMON,
                    "engines:\n",
                    "engines:\n  reddis: {}\n",
                    'catalog/common.yaml:13: engines.reddis: unknown key "reddis"; did you mean "redis"?',
                ),
                (
                    "environment-of-common-without-defaults",
                    COMMON,
                    "    defaults:\n",
                    "    service: {}\n    defaults:\n",
                    'catalog/common.yaml:25: environments.prod.service: unknown key "service"; expected "defaults"',
                ),
                (
                    "unknown-kind-of-defaults-of-an-environment",
                    COMMON,
                    "      dataStore: {",
                    "      services: {}\n      dataStore: {",
                    "catalog/common.yaml:26: environments.prod.defaults.services: "
                    'unknown key "services"; did you mean "service"?',
                ),
                (
                    "no-environment",
                    "Pulumi.prod.yaml",
                    "  naru:environment:",
                    "  other:environment:",
                    'Pulumi.prod.yaml:1: config.naru:environment: the key "naru:environment" is missing; '
                    "expected a map",
                ),
                (
                    "list-of-systems",
                    "Pulumi.prod.yaml",
                    "  naru:environment:",
                    "  naru:systems: [shop]\n  naru:environment:",
                    "Pulumi.prod.yaml:3: config.naru:systems: found a list; expected a map",
                ),
                (
                    "text-as-system-of-the-stack",
                    "Pulumi.prod.yaml",
                    "  naru:environment:",
                    "  naru:systems: { shop: off }\n  naru:environment:",
                    'Pulumi.prod.yaml:3: config.naru:systems.shop: found text "off"; expected a map',
                ),
                (
                    "more-than-a-version-in-a-release",
                    "releases/prod.yaml",
                    "web: { tag: 1.0.0 }",
                    "web: { tag: 1.0.0, pullPolicy: Always }",
                    'releases/prod.yaml:2: shop.web.pullPolicy: unknown key "pullPolicy"; '
                    'expected one of "canary", "colors", "digest", "live", "needsSchema", "runsOnSchema", "tag"',
                ),
                (
                    "list-as-release-of-a-system",
                    "releases/prod.yaml",
                    "mail:\n  relay: { tag: 1.0.0 }",
                    "mail: [relay]",
                    "releases/prod.yaml:4: mail: found a list; expected a map",
                ),
                (
                    "list-as-release",
                    "releases/prod.yaml",
                    "web: { tag: 1.0.0 }",
                    "web: [1.0.0]",
                    "releases/prod.yaml:2: shop.web: found a list; expected a map",
                ),
                (
                    "nothing-as-namespace",
                    SHOP,
                    "  main: { name: shop }",
                    "  other: { name: shop }\n  main:",
                    "catalog/shop.yaml:4: namespaces.main: found null; expected a map, for one without settings {}",
                ),
                (
                    "name-of-a-service",
                    SHOP,
                    "replicas: 2",
                    "name: api",
                    "catalog/shop.yaml:13: services.api.name: a name of its own; "
                    'leave it out: the key "api" is the name',
                ),
                (
                    "name-of-a-system",
                    SHOP,
                    "description: Shop",
                    "description: Shop\nname: shop",
                    "catalog/shop.yaml:2: name: a name of its own; leave it out: the file's name is the name",
                ),
                (
                    "tag-of-yaml",
                    SHOP,
                    "MODE: fast",
                    "MODE: !fast x",
                    'catalog/shop.yaml:14: services.api.env.MODE: a tag "!fast"; write the value without a tag',
                ),
                (
                    "control-characters",
                    SHOP,
                    "MODE: fast",
                    'MODE: fast, "\\e[2J": x',
                    'catalog/shop.yaml:14: services.api.env["\\x1b[2J"]: found the key "\\x1b[2J"; '
                    "expected text that matches ^[A-Za-z_][A-Za-z0-9_]*$",
                ),
            )
        ],
    )
    def test_a_value_is_told_in_one_line(self, project: Project, file: str, old: str, new: str, line: str) -> None:
        project.change(file, old, new)
        assert project.faults() == [line]

    @pytest.mark.parametrize("stack", ["dev", "prod", None])
    def test_a_file_that_can_be_read_in_spite_of_a_fault_is_refused_all_the_same(
        self, project: Project, stack: str | None
    ) -> None:
        project.change(SHOP, "env: { MODE: fast }", "env: { MODE: fast, MODE: slow }")
        assert [line.split(": ")[:2] for line in project.faults(stack)] == [
            ["catalog/shop.yaml:14", "services.api.env.MODE"]
        ]

    @pytest.mark.parametrize("value", ["[local]", "local", "7", "null"])
    def test_an_environment_that_is_no_map_is_told(self, project: Project, value: str) -> None:
        project.write("Pulumi.prod.yaml", f"config:\n  naru:environment: {value}\n")
        assert [line.split(": ")[:2] for line in project.faults()] == [
            ["Pulumi.prod.yaml:2", "config.naru:environment"]
        ]

    @pytest.mark.parametrize("text", ["config:\n", "config: {}\n", "encryptionsalt: v1\n"])
    def test_a_stack_without_environment_is_told(self, project: Project, text: str) -> None:
        project.write("Pulumi.prod.yaml", text)
        (line,) = project.faults()
        assert line.endswith('config.naru:environment: the key "naru:environment" is missing; expected a map')

    def test_a_key_that_is_no_name_is_told_once(self, project: Project) -> None:
        project.change(SHOP, "  api:\n", "  API:\n")
        lines = [line for line in project.faults() if not line.startswith("releases/")]
        assert [line.split(";")[0] for line in lines] == [
            'catalog/shop.yaml:10: services.API: found the key "API"',
            'catalog/shop.yaml:29: environments.prod.services.api: overrides "api", which shop does not have',
        ]


class TestAllAtOnce:
    def test_every_fault_of_every_file_is_told(self, project: Project) -> None:
        project.write("catalog/broken.yaml", "a: [\n")
        project.write("releases/prod.yaml", b"\xff")
        project.change(COMMON, "cpu: 100m", "cpu: lots")
        project.change(SHOP, "replicas: 2", "replica: 2")
        project.change(SHOP, "dependsOn: [api]", "dependsOn: [nobody]")
        project.change("catalog/mail.yaml", "namespaces:", "namespace:")
        project.change("Pulumi.dev.yaml", "tier: development", "tier: test")
        project.change("releases/dev.yaml", "  web:", "  wep:")
        assert [line.split(": ")[0] for line in project.faults()] == [
            "Pulumi.dev.yaml:4",
            "catalog/broken.yaml:2",
            "catalog/common.yaml:5",
            "catalog/mail.yaml",
            "catalog/mail.yaml:2",
            "catalog/shop.yaml:13",
            "releases/dev.yaml:2",
            "releases/prod.yaml:1",
        ]

    def test_what_does_not_fit_is_told_beside_a_system_that_is_wrong(self, project: Project) -> None:
        project.change("catalog/mail.yaml", "repository", "repo")
        project.change(SHOP, "/cache: cache", "/cache: cash")
        assert {line.split(": ")[0] for line in project.faults()} == {"catalog/mail.yaml:6", "catalog/shop.yaml:16"}

    def test_a_system_that_is_wrong_is_still_known_to_those_that_need_it(self, project: Project) -> None:
        project.change(SHOP, "replicas: 2", "replicas: many")
        assert [line.split(": ")[0] for line in project.faults()] == ["catalog/shop.yaml:13"]

    def test_a_fault_in_what_all_share_is_told_once(self, project: Project) -> None:
        project.change(COMMON, "    writablePaths: [/tmp]", "    writablePaths: [tmp]")
        assert project.faults() == [
            'catalog/common.yaml:11: defaults.service.writablePaths[0]: found text "tmp"; '
            'a path starts with "/" and has no blanks and no empty parts'
        ]

    def test_one_stack_tells_its_own_faults_alone(self, project: Project) -> None:
        project.change(SHOP, "replicas: 4", "replicas: many")
        project.write("releases/prod.yaml", "")
        assert project.faults("dev") == []
        assert len(project.faults("prod")) == 2


class TestSecrecy:
    def test_what_may_be_a_secret_is_not_shown(self, project: Project) -> None:
        project.change(SHOP, "db: { keys: { password: {} } }", "db: { keys: { password: { generate: 12345678 } } }")
        assert "12345678" not in "".join(project.faults())


REPLACEMENTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(["", "x", "api", "1Gi", "{", "/", "*", "../x", "10%", "\x1b", "나루", "latest", "a" * 300]),
    st.sampled_from([[], {}, [None], [[]], ["api"], {"api": None}, {"name": "x"}, {"": ""}, [{}], {"a": {"b": []}}]),
)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict | list):
        for key, inner in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(inner, (*path, key))


PLACES = [(file, path) for file, text in FILES.items() for path in places(yaml.safe_load(text)) if path]


def edited(texts: dict[str, str], file: str, path: tuple[Any, ...], value: Any, *, rename: bool) -> None:
    """Give a value of a file another, take it away, or call it otherwise; nothing where it is gone already."""
    data = yaml.safe_load(texts[file])
    holder = data
    try:
        for key in path[:-1]:
            holder = holder[key]
        held = holder.pop(path[-1])
    except (KeyError, IndexError, TypeError, AttributeError):
        return
    value = copy.deepcopy(value)
    if isinstance(holder, list):
        holder.insert(path[-1], value)
    elif rename:
        holder[str(value)] = held
    elif value != "removed":
        holder[path[-1]] = value
    texts[file] = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def refused(project: Project) -> tuple[Fault, ...] | None:
    """Return what the project is refused for; None where it is accepted."""
    try:
        check(project.root)
    except SettingsError as error:
        return error.faults
    return None


class TestArbitraryEdits:
    @settings(deadline=None)
    @given(
        edits=st.lists(
            st.tuples(st.sampled_from(PLACES), REPLACEMENTS | st.just("removed"), st.booleans()), min_size=1, max_size=4
        )
    )
    def test_are_accepted_or_refused_with_lines_that_exist(self, edits: list[Any]) -> None:
        texts = dict(FILES)
        for (file, path), value, rename in edits:
            edited(texts, file, path, value, rename=rename)
        with tempfile.TemporaryDirectory() as folder:
            project = Project(Path(folder))
            for file, text in texts.items():
                project.write(file, text)
            faults = refused(project)
            assert faults is None or faults
            for fault in faults or ():
                assert fault.file in texts, fault
                assert 0 <= fault.line <= texts[fault.file].count("\n"), fault
                assert fault.found, fault
                assert re.fullmatch(r"[^\x00-\x1f]+", str(fault)), fault

    @settings(max_examples=50, deadline=None)
    @given(file=st.sampled_from(sorted(FILES)), content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
    def test_any_content_is_accepted_or_refused(self, file: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            project = Project(Path(folder))
            project.write(file, content)
            faults = refused(project)
            assert faults is None or faults
            assert all(fault.file.startswith(("catalog/", "releases/", "Pulumi.")) for fault in faults or ())
