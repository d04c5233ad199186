"""What Argo CD would not take is refused before it sees it, in one line."""

from zoneinfo import ZoneInfoNotFoundError

import pytest

from settings.argocd_checks import _is_time_zone
from tests.projects import Project

SHOP = "catalog/shop.yaml"
MAIL = "catalog/mail.yaml"
DEV = "Pulumi.dev.yaml"
ARGOCD = "    delivery: gitops\n    argocd:\n      repository: https://git.example.com/naru.git\n"


def with_argocd(project: Project, more: str = "", config: str = ARGOCD) -> Project:
    """Give the stack dev an Argo CD."""
    project.add(DEV, f"{config}{more}")
    return project


def with_sync(project: Project, sync: str) -> Project:
    """Give the system shop a way to be synced, in the file's last line."""
    project.add(SHOP, f"sync: {sync}\n")
    return project


def faults_of_sync(project: Project, sync: str) -> list[str]:
    """Return the faults of a way to be synced, without the place that all of them have."""
    place = "catalog/shop.yaml:30: sync."
    found = with_sync(project, sync).faults("dev")
    assert all(line.startswith(place) for line in found), found
    return [line.removeprefix(place) for line in found]


def test_stack_with_argo_cd_is_right(project: Project) -> None:
    groups = "      groups: { developers: [builders, Team A], operations: [on-call] }\n"
    assert with_argocd(project, groups).faults("dev") == []


@pytest.mark.parametrize("name", ["argocd", "applications"])
def test_system_does_not_take_a_folder_of_argo_cd(project: Project, name: str) -> None:
    text = (project.root / MAIL).read_text(encoding="utf-8")
    project.write(f"catalog/{name}.yaml", text.replace("mail: {}", "other: {}"))
    project.add("releases/dev.yaml", f"{name}:\n  relay: {{ tag: 1.0.0 }}\n")
    project.add("releases/prod.yaml", f"{name}:\n  relay: {{ tag: 1.0.0 }}\n")
    assert project.faults("dev") == []
    assert with_argocd(project).faults("dev") == [
        f'catalog/{name}.yaml: a system called "{name}", in whose place Argo CD\'s own files are; '
        "expected another name for its file"
    ]


def test_argo_cd_applies_where_delivery_is_gitops(project: Project) -> None:
    config = ARGOCD.replace("    delivery: gitops\n", "")
    assert with_argocd(project, config=config).faults("dev") == [
        "Pulumi.dev.yaml:12: config.naru:environment.argocd: Argo CD with the delivery direct; expected delivery: "
        'gitops, or no "argocd"'
    ]


def test_namespace_of_argo_cd_is_nobody_elses(project: Project) -> None:
    assert with_argocd(project, "      namespace: shop\n").faults("dev") == [
        'catalog/shop.yaml:3: namespaces.main: "shop" is the namespace of Argo CD; expected another one'
    ]


def test_clusters_have_a_context_each(project: Project) -> None:
    one = "main: { context: dev, region: seoul }"
    project.change(
        DEV, one, f"{one.replace('seoul', 'seoul, primary: true')}\n      next: {{ context: dev, region: b }}"
    )
    assert project.faults("dev") == []
    assert with_argocd(project).faults("dev") == [
        'Pulumi.dev.yaml:7: config.naru:environment.clusters.next.context: the context "dev" is that of main too; '
        "expected a context for each cluster (Pulumi.dev.yaml:6)"
    ]


def test_password_does_not_stand_in_the_address_of_the_repository(project: Project) -> None:
    config = ARGOCD.replace("git.example.com", "naru:hunter2@git.example.com")
    (line,) = with_argocd(project, config=config).faults("dev")
    assert line.startswith("Pulumi.dev.yaml:14: config.naru:environment.argocd.repository: an address with a password")
    assert "hunter2" not in line


def test_user_without_a_password_may_stand_in_it(project: Project) -> None:
    for address in ("ssh://git@git.example.com:22/naru.git", "git@git.example.com:naru.git"):
        text = (project.root / DEV).read_text(encoding="utf-8")
        with_argocd(project, config=ARGOCD.replace("https://git.example.com/naru.git", address))
        assert project.faults("dev") == []
        project.write(DEV, text)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("[a, 'b,c']", 'qa[1]: no name of a group: "b,c"; expected one without commas, quotes, tabs and blanks'),
        ("[' a']", 'qa[0]: no name of a group: " a"; expected one without commas, quotes, tabs and blanks'),
        ("['']", 'qa[0]: no name of a group: ""; expected one without commas, quotes, tabs and blanks'),
        ("[a, b, a]", 'qa[2]: the group "a" twice; once is enough'),
    ],
    ids=["comma", "blank", "empty", "twice"],
)
def test_group_that_argo_cd_refuses(project: Project, groups: str, said: str) -> None:
    (line,) = with_argocd(project, f"      groups: {{ qa: {groups} }}\n").faults("dev")
    assert line.startswith(f"Pulumi.dev.yaml:15: config.naru:environment.argocd.groups.{said}")


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "0 22 * * *",
        "*/15 9-17 1,15 * mon-fri",
        "0-59/5 0 ? JAN-DEC 0-6",
        "5/10 23 31 12 sun,sat",
    ],
)
def test_schedule_of_cron_is_one(project: Project, schedule: str) -> None:
    assert faults_of_sync(project, f'{{ windows: [{{ kind: deny, schedule: "{schedule}", duration: 1h }}] }}') == []


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("60 * * * *", '"60" is no minute; expected numbers from 0 to 59'),
        ("0 24 * * *", '"24" is no hour; expected numbers from 0 to 23'),
        ("0 0 0 * *", '"0" is no day of the month; expected numbers from 1 to 31'),
        ("0 0 * 13 *", '"13" is no month; expected numbers from 1 to 12 or jan to dec'),
        ("0 0 * * 7", '"7" is no day of the week; expected numbers from 0 to 6 or sun to sat'),
        ("0 0 * mon *", '"mon" is no month; expected numbers from 1 to 12 or jan to dec'),
        ("0 17-9 * * *", '"17-9" is no hour; expected numbers from 0 to 23'),
        ("*/0 * * * *", '"*/0" is no minute; expected numbers from 0 to 59'),
        ("0 9, * * *", '"9," is no hour; expected numbers from 0 to 23'),
        ("0 nine * * *", '"nine" is no hour; expected numbers from 0 to 23'),
    ],
)
def test_schedule_that_is_none_of_cron(project: Project, schedule: str, said: str) -> None:
    sync = f'{{ windows: [{{ kind: deny, schedule: "{schedule}", duration: 1h }}] }}'
    assert faults_of_sync(project, sync) == [f"windows[0].schedule: {said}, as cron has them"]


def test_window_has_a_duration_and_a_time_zone_that_exists(project: Project) -> None:
    window = 'kind: deny, schedule: "0 9 * * *"'
    sync = f"{{ windows: [{{ {window}, duration: 0s }}, {{ {window}, duration: 1h, timeZone: Asia/Seul }}] }}"
    assert faults_of_sync(project, sync) == [
        'windows[0].duration: a window of no time; expected a duration such as "8h"',
        'windows[1].timeZone: no time zone "Asia/Seul"; expected a name such as "Asia/Seoul" or "UTC"',
    ]


@pytest.mark.parametrize(
    ("name", "known"),
    [("UTC", True), ("Europe/Berlin", True), ("Asia", False), ("../etc/passwd", False), ("", False), ("/", False)],
)
def test_time_zone_is_one_of_the_database(name: str, *, known: bool) -> None:
    assert _is_time_zone(name) is known


def test_machine_without_time_zones_refuses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        def __init__(self, name: str) -> None:
            raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr("zoneinfo.ZoneInfo", Nothing)
    assert _is_time_zone("Asia/Seoul")


def test_window_stands_there_once(project: Project) -> None:
    window = 'kind: deny, schedule: "0 9 * * *", duration: 1h'
    sync = f"{{ windows: [{{ {window} }}, {{ {window}, manual: true }}] }}"
    assert faults_of_sync(project, sync) == ["windows[1]: the same window as sync.windows[0]; expected one of them"]


def test_longest_wait_is_no_shorter_than_the_first(project: Project) -> None:
    assert faults_of_sync(project, "{ retry: { backoff: 2m, longest: 1m } }") == [
        "retry.longest: longest (1m) is below backoff (2m); at least 2m"
    ]


def test_default_that_does_not_fit_is_told_of_where_the_other_stands(project: Project) -> None:
    (line,) = with_sync(project, "{ retry: { backoff: 5m } }").faults("dev")
    assert "sync.retry" in line
    assert "longest (3m) is below backoff (5m); at least 5m" in line


def test_without_retries_there_is_no_wait(project: Project) -> None:
    assert faults_of_sync(project, "{ retry: { limit: 0, backoff: 2m, longest: 1m } }") == []


def test_self_heal_of_what_is_synced_by_hand_is_right(project: Project) -> None:
    """What somebody synced by hand is put back when it is changed: children are automatic in any case."""
    assert faults_of_sync(project, "{ selfHeal: true }") == []


def test_system_that_is_off_is_not_looked_at(project: Project) -> None:
    project.add(MAIL, 'sync: { windows: [{ kind: deny, schedule: "0 99 * * *", duration: 1h }] }\n')
    assert project.faults("dev")
    project.add(MAIL, "enabled: false\n")
    assert project.faults("dev") == []
