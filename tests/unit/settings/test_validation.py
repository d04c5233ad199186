"""What is said about settings that do not fit their model."""

from datetime import date
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from settings.faults import SettingsError
from settings.layers import Layer, merge
from settings.source import parse
from settings.validation import validate


class Strict(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


def _quantity(value: str) -> str:
    if not value[:1].isdigit():
        message = f'a quantity begins with a digit, not "{value}"'
        raise ValueError(message)
    return value


Quantity = Annotated[str, AfterValidator(_quantity)]
Name = Annotated[str, Field(pattern="^[a-z]+$")]


class Route(StrEnum):
    INGRESS = "ingress"
    GATEWAY = "gateway"


class Port(Strict):
    name: Name
    container_port: int = Field(ge=1, le=65535)


class Scaling(Strict):
    min: int
    max: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max < self.min:
            message = f"`max` ({self.max}) is below `min` ({self.min})"
            raise ValueError(message)
        return self


class Rolling(Strict):
    fallback: Literal["canary", "none"] = "none"
    type: Literal["rolling"] = "rolling"
    max_surge: int | str = 1


class Canary(Strict):
    type: Literal["canary"]
    steps: tuple[Port, ...] = Field(min_length=1)
    canary: dict[str, int] = {}


class Extra(TypedDict):
    port: int | list[int]


class Service(Strict):
    image: str = "plate"
    replicas: int = Field(default=1, gt=0, lt=100)
    ratio: float = 1.0
    ready: bool = False
    size: Quantity = "1"
    route: Route = Route.INGRESS
    tier: Literal["web", "data"] = "web"
    ports: tuple[Port, ...] = ()
    tags: list[Annotated[str, Field(min_length=2, max_length=3)]] = Field(default=[], max_length=2)
    scaling: Scaling | None = None
    strategy: Annotated[Rolling | Canary, Field(discriminator="type")] = Rolling()
    volumes: dict[Name, Scaling] = {}
    pair: tuple[int, Port] | None = None
    network: IPv4Network | None = None
    either: int | list[str] | None = None
    surge: Annotated[int | str, AfterValidator(lambda value: value)] = 1
    step: int = Field(default=5, multiple_of=5)
    either_ports: int | list[Port] | None = None
    extra: Extra | None = None
    since: date | None = None
    api_token: int | None = None
    network_key: IPv4Network | None = None
    db_password: Quantity | None = None


class System(Strict):
    name: str = "plate"
    services: dict[str, Service]


def faults_of(text: str, model: type[BaseModel] = System) -> list[str]:
    """Give the faults of one file, `f.yaml`, without its name."""
    made, faults = validate(model, merge([Layer("system", parse(text, "f.yaml"))]))
    assert made is None
    return [line.removeprefix("f.yaml") for line in str(SettingsError(faults)).splitlines()]


def fault_of(text: str) -> str:
    """Give the only fault of a service with `text` in it, without its place."""
    (line,) = faults_of(f"services:\n  api: {{{text}}}")
    place, said = line.split(": ", 2)[0], line.split(": ", 1)[1]
    assert place == ":2"
    return said.removeprefix("services.api.")


def test_settings_that_fit_become_a_model() -> None:
    made, faults = validate(
        System,
        merge(
            [
                Layer("common", parse("services: {api: {ports: [{name: http, containerPort: 80}]}}", "c.yaml")),
                Layer("system", parse("services: {api: {route: gateway, apiToken: 3, network: 10.0.0.0/8}}", "s.yaml")),
            ]
        ),
    )
    assert not faults
    assert made is not None
    api = made.services["api"]
    assert (api.route, api.ports[0].container_port, api.api_token) == (Route.GATEWAY, 80, 3)


def test_faults_of_merging_are_among_those_of_validation() -> None:
    made, faults = validate(System, merge([Layer("system", parse("services: {}\nname:", "f.yaml"))]))
    assert made is not None
    assert [fault.path for fault in faults] == ["name"]


def test_prefix_stands_before_the_paths_of_faults() -> None:
    _, faults = validate(Scaling, merge([Layer("x", parse("min: a\nmax: 2", "f.yaml"))]), ("services", "api"))
    assert [fault.path for fault in faults] == ["services.api.min"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image: 3", "image: found number 3; expected text, in quotes"),
        ("image: 1.10", "image: found number 1.1; expected text, in quotes"),
        ("image: true", "image: found true; expected text, in quotes"),
        ("image: [a]", "image: found a list; expected text"),
        ('replicas: "3"', 'replicas: found text "3"; expected a whole number, without quotes'),
        ("replicas: two", 'replicas: found text "two"; expected a whole number'),
        ("replicas: 1.5", "replicas: found number 1.5; expected a whole number"),
        ("replicas: true", "replicas: found true; expected a whole number"),
        ("replicas: 0", "replicas: found number 0; expected more than 0"),
        ("replicas: 100", "replicas: found number 100; expected less than 100"),
        ("ratio: half", 'ratio: found text "half"; expected a number'),
        ("ready: yes", 'ready: found text "yes"; expected true or false'),
        ("ready: 1", "ready: found number 1; expected true or false"),
        ('ready: "true"', 'ready: found text "true"; expected true or false, without quotes'),
        ("size: x", 'size: found text "x"; a quantity begins with a digit, not "x"'),
        ("route: gatway", 'route: found text "gatway"; did you mean "gateway"?'),
        ("route: zzz", 'route: found text "zzz"; expected one of "gateway", "ingress"'),
        ("tier: wbe", 'tier: found text "wbe"; did you mean "web"?'),
        ("tier: 1", 'tier: found number 1; expected one of "data", "web"'),
        ("ports: 80", "ports: found number 80; expected a list"),
        ("ports: [80]", "ports[0]: found number 80; expected a map"),
        ("ports: [{name: a, containerPort: 0}]", "ports[0].containerPort: found number 0; expected at least 1"),
        (
            "ports: [{name: a, containerPort: 70000}]",
            "ports[0].containerPort: found number 70000; expected at most 65535",
        ),
        ("ports: [{name: A, containerPort: 1}]", 'ports[0].name: found text "A"; expected text that matches ^[a-z]+$'),
        ("ports: [{name: a}]", 'ports[0].containerPort: the key "containerPort" is missing; expected a whole number'),
        ("tags: [a]", 'tags[0]: found text "a"; expected at least 2 characters'),
        ("tags: [abcd]", 'tags[0]: found text "abcd"; expected at most 3 characters'),
        ("tags: [aa, bb, cc]", "tags: found a list; expected at most 2 of them"),
        ("tags: [~]", "tags[0]: found null; expected text"),
        ("scaling: 3", "scaling: found number 3; expected a map"),
        ("scaling: {min: 1}", 'scaling.max: the key "max" is missing; expected a whole number'),
        ("scaling: {min: 3, max: 2}", "scaling: `max` (2) is below `min` (3)"),
        ("volumes: []", "volumes: found an empty list; expected a map"),
        ("volumes: {A: {min: 1, max: 1}}", 'volumes.A: found the key "A"; expected text that matches ^[a-z]+$'),
        ("volumes: {a: {min: x, max: 1}}", 'volumes.a.min: found text "x"; expected a whole number'),
        ("pair: [1, {name: a}]", 'pair[1].containerPort: the key "containerPort" is missing; expected a whole number'),
        ("network: here", "network: found text \"here\"; Expected 4 octets in 'here'"),
        ("since: now", 'since: found text "now"; expected a valid date in the format YYYY-MM-DD, input is too short'),
        ("either: {a: 1}", "either: found a map; expected a whole number or a list"),
        ("either: [1]", "either[0]: found number 1; expected text, in quotes"),
        ("surge: []", "surge: found an empty list; expected a whole number or text"),
        ("extra: {port: x}", 'extra.port: found text "x"; expected a whole number or a list'),
        ("extra: {}", 'extra.port: the key "port" is missing; expected a value'),
        ("step: 7", "step: found number 7; expected a multiple of 5"),
        ("strategy: canary", 'strategy: found text "canary"; expected a map'),
        ("strategy: {}", 'strategy.type: the key "type" is missing; it says what kind of map this is'),
        ("strategy: {type: canry}", 'strategy.type: found text "canry"; did you mean "canary"?'),
        ("strategy: {type: canary}", 'strategy.steps: the key "steps" is missing; expected a list'),
        ("strategy: {type: canary, steps: []}", "strategy.steps: found an empty list; expected at least 1 of them"),
        ("strategy: {type: canary, canary: {}}", 'strategy.steps: the key "steps" is missing; expected a list'),
        (
            "strategy: {type: rolling, maxSurge: []}",
            "strategy.maxSurge: found an empty list; expected a whole number or text",
        ),
    ],
)
def test_fault_says_what_was_found_and_what_would_be_right(text: str, said: str) -> None:
    assert fault_of(text) == said


@pytest.mark.parametrize(
    ("text", "path", "meant"),
    [
        ("replica: 1", "replica", "replicas"),
        ("Replicas: 1", "Replicas", "replicas"),
        ("api_token: 1", "api_token", "apiToken"),
        ("ports: [{name: a, containerPort: 1, contanerPort: 1}]", "ports[0].contanerPort", "containerPort"),
        ("scaling: {min: 1, max: 2, maxx: 1}", "scaling.maxx", "max"),
        ("volumes: {a: {min: 1, max: 2, maxx: 1}}", "volumes.a.maxx", "max"),
        ("pair: [1, {name: a, containerPort: 1, nam: 1}]", "pair[1].nam", "name"),
        ("eitherPorts: [{name: a, containerPort: 1, nam: 1}]", "eitherPorts[0].nam", "name"),
        ("strategy: {maxSurges: 1, type: rolling}", "strategy.maxSurges", "maxSurge"),
        ("strategy: {type: canary, step: 1, steps: [{name: a, containerPort: 1}]}", "strategy.step", "steps"),
        ("strategy: {type: canary, steps: [{name: a, containerPort: 1, nmae: 1}]}", "strategy.steps[0].nmae", "name"),
    ],
)
def test_unknown_key_suggests_the_key_of_the_model_at_that_place(text: str, path: str, meant: str) -> None:
    key = path.rpartition(".")[2]
    assert fault_of(text) == f'{path}: unknown key "{key}"; did you mean "{meant}"?'


def test_key_like_no_other_gets_a_list_of_the_known_ones() -> None:
    assert fault_of("scaling: {min: 1, max: 2, zzz: 1}").endswith('unknown key "zzz"; expected one of "max", "min"')


def test_items_with_faults_of_their_own_still_count() -> None:
    assert fault_of("strategy: {type: canary, steps: [80]}") == "strategy.steps[0]: found number 80; expected a map"


def test_all_faults_are_given_at_once_each_on_its_line() -> None:
    assert faults_of(
        "nam: x\nservices:\n  api:\n    replicas: a\n    scaling:\n      min: 1\n  web:\n    ports:\n      - name: a\n"
    ) == [
        ':1: nam: unknown key "nam"; did you mean "name"?',
        ':4: services.api.replicas: found text "a"; expected a whole number',
        ':5: services.api.scaling.max: the key "max" is missing; expected a whole number',
        ':9: services.web.ports[0].containerPort: the key "containerPort" is missing; expected a whole number',
    ]


def test_missing_key_at_the_top_belongs_to_the_whole_file() -> None:
    assert faults_of("name: x") == [': services: the key "services" is missing; expected a map']


class TestLayers:
    COMMON = "services:\n  api:\n    scaling:\n      min: 1\n    typo: 1\n"
    SYSTEM = "# the system\nservices:\n  api:\n    scaling: {max: 0}\n    typo: 2\n"

    def lines(self) -> list[str]:
        common, system = parse(self.COMMON, "common.yaml"), parse(self.SYSTEM, "system.yaml")
        _, faults = validate(System, merge([Layer("common", common), Layer("system", system, declares=True)]))
        return str(SettingsError(faults)).splitlines()

    def test_unknown_key_is_a_fault_in_every_layer_that_has_it(self) -> None:
        assert [line.split(" ")[0] for line in self.lines() if "typo" in line] == ["common.yaml:5:", "system.yaml:5:"]

    def test_fault_of_a_whole_map_is_at_the_layer_that_declares_it(self) -> None:
        assert "system.yaml:4: services.api.scaling: `max` (0) is below `min` (1)" in self.lines()

    def test_wrong_value_is_on_the_line_of_the_layer_that_set_it(self) -> None:
        common, system = parse(self.COMMON, "common.yaml"), parse("services: {api: {scaling: {min: a}}}", "system.yaml")
        _, faults = validate(System, merge([Layer("common", common), Layer("system", system)]))
        assert 'system.yaml:1: services.api.scaling.min: found text "a"; expected a whole number' in map(str, faults)


class TestSecrets:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("apiToken: hunter2", "apiToken: found a value that is not shown; expected a whole number"),
            (
                "dbPassword: hunter2",
                'dbPassword: found a value that is not shown; a quantity begins with a digit, not "…"',
            ),
            ("networkKey: hunter2", "networkKey: found a value that is not shown; Expected 4 octets in '…'"),
        ],
    )
    def test_secret_values_are_not_shown(self, text: str, said: str) -> None:
        assert fault_of(text) == said

    def test_kind_of_collection_in_place_of_a_secret_is_shown(self) -> None:
        assert fault_of("apiToken: [hunter2]") == "apiToken: found a list; expected a whole number"
