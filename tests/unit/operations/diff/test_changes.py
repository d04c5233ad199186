"""What happens to the objects of a stack, and what only follows from something else."""

from typing import Any

import pytest

from manifests.config_map import content_name
from manifests.job import content_hash
from manifests.placed import Manifest
from operations.diff.changes import changes
from operations.diff.model import Change, Field
from tests.unit.operations.diff.sides_builders import made, side, workload


def told(before: list[Manifest], after: list[Manifest]) -> dict[str, Change]:
    return {str(change.subject): change for change in changes(side(*before), side(*after))}


def lines(before: list[Manifest], after: list[Manifest]) -> list[str]:
    return [
        f"{change.action} {change.subject}" + (f", because {change.because}" if change.because else "")
        for change in changes(side(*before), side(*after))
    ]


def configured(**data: str) -> list[Manifest]:
    """Return a ConfigMap named by its content, and a workload that reads it."""
    name = content_name("api-env", "api", data)
    read = workload(container={"envFrom": [{"configMapRef": {"name": name}}]})
    return [made("ConfigMap", name, immutable=True, data=data), read]


def sealed(name: str = "db", **values: str) -> Manifest:
    return made("SealedSecret", name, component="", spec={"encryptedData": values})


def reading(kind: str = "Deployment", *, checksum: str, secret: str = "db", **container: Any) -> Manifest:
    from_secret = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": secret, "key": "password"}}}
    return workload(kind, container={"env": [from_secret], **container}, checksum=checksum)


def test_what_is_only_on_one_side_is_added_or_removed() -> None:
    assert lines([made("Service", "a")], [made("Service", "b")]) == ["removed Service shop/a", "added Service shop/b"]


def test_nothing_is_told_of_what_stays() -> None:
    assert lines([workload(), sealed(a="Ag1")], [workload(), sealed(a="Ag1")]) == []


def test_other_configuration_is_one_changed_config_map_and_the_pods_that_roll() -> None:
    found = told(configured(MODE="fast"), configured(MODE="slow"))

    assert found["ConfigMap shop/api-env"].fields == (Field("data.MODE", "fast", "slow"),)
    assert found["ConfigMap shop/api-env"].action == "changed"
    assert found["Deployment shop/api"].fields == ()
    assert found["Deployment shop/api"].because == "ConfigMap api-env changed"
    assert len(found) == 2


def test_a_workload_with_a_change_of_its_own_tells_that_alone() -> None:
    before, after = configured(MODE="fast"), configured(MODE="slow")
    after[1]["spec"]["replicas"] = 3

    assert told(before, after)["Deployment shop/api"].fields == (Field("spec.replicas", None, 3),)


def test_files_of_a_config_map_are_a_cause_too() -> None:
    def mounted(text: str) -> list[Manifest]:
        name = content_name("api-files", "api", {"app.conf": text})
        pods = workload()
        pods["spec"]["template"]["spec"]["volumes"] = [{"name": "files", "configMap": {"name": name}}]
        return [made("ConfigMap", name, immutable=True, data={"app.conf": text}), pods]

    assert told(mounted("a"), mounted("b"))["Deployment shop/api"].because == "ConfigMap api-files changed"
    assert told(mounted("a"), mounted("b"))["ConfigMap shop/api-files"].fields == (Field("data[app.conf]", "a", "b"),)


def test_a_name_with_another_hash_and_the_same_content_is_told_by_its_name() -> None:
    one, other = (made("ConfigMap", f"api-env-{end}", immutable=True, data={}) for end in ("aaaaaaaa", "bbbbbbbb"))

    assert told([one], [other])["ConfigMap shop/api-env"].fields == (
        Field("metadata.name", "api-env-aaaaaaaa", "api-env-bbbbbbbb"),
    )


def test_two_config_maps_that_share_a_beginning_keep_their_names() -> None:
    one, two, three = (
        made("ConfigMap", f"api-env-{end}", immutable=True, data={"a": end})
        for end in ("aaaaaaaa", "bbbbbbbb", "cccccccc")
    )

    assert sorted(lines([one], [two, three])) == [
        "added ConfigMap shop/api-env-bbbbbbbb",
        "added ConfigMap shop/api-env-cccccccc",
        "removed ConfigMap shop/api-env-aaaaaaaa",
    ]


def test_a_config_map_that_may_change_is_what_its_name_says() -> None:
    one, other = (made("ConfigMap", f"build-{end}", data={}) for end in ("aaaaaaaa", "bbbbbbbb"))

    assert sorted(told([one], [other])) == ["ConfigMap shop/build-aaaaaaaa", "ConfigMap shop/build-bbbbbbbb"]


def test_pods_roll_because_their_secret_was_sealed_anew() -> None:
    found = told(
        [sealed(password="Ag1"), reading(checksum="1" * 16)], [sealed(password="Ag2"), reading(checksum="2" * 16)]
    )

    assert found["Deployment shop/api"].fields == ()
    assert found["Deployment shop/api"].because == "SealedSecret db changed"


def test_pods_roll_because_of_each_cause() -> None:
    def both(mode: str, value: str) -> list[Manifest]:
        config, pods = configured(MODE=mode)
        pods["spec"]["template"]["metadata"] = {"annotations": {"checksum/secrets": value * 16}}
        pods["spec"]["template"]["spec"]["containers"][0]["envFrom"].append({"secretRef": {"name": "db"}})
        return [config, sealed(password=f"Ag{value}"), pods]

    found = told(both("fast", "1"), both("slow", "2"))

    assert found["Deployment shop/api"].because == "ConfigMap api-env changed and SealedSecret db changed"


def test_a_checksum_that_nothing_explains_is_told() -> None:
    found = told(
        [sealed("other", a="Ag1"), reading(checksum="1" * 16)], [sealed("other", a="Ag2"), reading(checksum="2" * 16)]
    )

    assert [field.path for field in found["Deployment shop/api"].fields] == [
        "spec.template.metadata.annotations[checksum/secrets]"
    ]


def test_the_version_label_follows_the_image() -> None:
    def released(tag: str) -> Manifest:
        labels = {"app.kubernetes.io/version": tag}
        return workload(container={"image": f"api:{tag}"}, metadata={"labels": labels})

    assert told([released("1.0.0")], [released("1.1.0")])["Deployment shop/api"].fields == (
        Field("spec.template.spec.containers[api].image", "api:1.0.0", "api:1.1.0"),
    )


def test_a_version_label_without_another_image_is_told() -> None:
    before, after = (workload(metadata={"labels": {"app.kubernetes.io/version": tag}}) for tag in ("1", "2"))

    assert [field.path for field in told([before], [after])["Deployment shop/api"].fields] == [
        "metadata.labels[app.kubernetes.io/version]"
    ]


def test_a_job_with_the_version_of_its_service_changes_because_of_it() -> None:
    def released(tag: str) -> list[Manifest]:
        labels = {"app.kubernetes.io/version": tag}
        job = made("Job", "api-migrate", metadata={"labels": labels}, spec={"template": {"spec": {"containers": []}}})
        return [workload(container={"image": f"api:{tag}"}), job]

    assert told(released("1"), released("2"))["Job shop/api-migrate"].because == "Deployment api changed"


def migrating(image: str, *, hashed: bool) -> list[Manifest]:
    template = {"spec": {"containers": [{"name": "migrate", "image": image}]}}
    name = f"api-migrate-{content_hash(template)}" if hashed else "api-migrate"
    hook = {} if hashed else {"annotations": {"argocd.argoproj.io/hook": "PreSync"}}
    dump = {"name": "backup", "image": "postgres:17", "command": ["sh", "-c", f"dump {content_hash(template)}"]}
    backup = {"spec": {"containers": [dump]}}
    backup_name = f"api-backup-{content_hash(backup)}" if hashed else "api-backup"
    return [
        made("Job", name, metadata=hook, spec={"template": template}),
        made("Job", backup_name, metadata=hook, spec={"template": backup}),
    ]


def test_a_migration_with_a_hash_is_one_replaced_job_and_its_backup_follows() -> None:
    assert lines(migrating("api:1", hashed=True), migrating("api:2", hashed=True)) == [
        "replaced Job shop/api-backup, because Job api-migrate was replaced",
        "replaced Job shop/api-migrate",
    ]


def test_a_migration_that_argo_cd_runs_is_a_changed_job() -> None:
    assert lines(migrating("api:1", hashed=False), migrating("api:2", hashed=False)) == [
        "changed Job shop/api-backup, because Job api-migrate changed",
        "changed Job shop/api-migrate",
    ]


def test_a_command_with_more_than_another_hash_in_it_is_told() -> None:
    before, after = migrating("api:1", hashed=False), migrating("api:2", hashed=False)
    after[1]["spec"]["template"]["spec"]["containers"][0]["command"][2] += " --fast"

    assert told(before, after)["Job shop/api-backup"].because == ""


def test_an_image_whose_tag_looks_like_a_hash_is_told() -> None:
    found = told([workload(container={"image": "api:1a2b3c4d"})], [workload(container={"image": "api:9f8e7d6c"})])

    assert found["Deployment shop/api"].fields == (
        Field("spec.template.spec.containers[api].image", "api:1a2b3c4d", "api:9f8e7d6c"),
    )


def test_the_mark_of_its_migrations_is_explained_by_them() -> None:
    def marked(image: str) -> list[Manifest]:
        return [*migrating(image, hashed=False), workload(metadata={"annotations": {"naru/migrations": image}})]

    found = told(marked("api:1"), marked("api:2"))["Deployment shop/api"]

    assert (found.fields, found.because) == ((), "Job api-migrate changed and Job api-backup changed")


@pytest.mark.parametrize("kinds", [("Deployment", "Rollout"), ("Rollout", "Deployment")])
def test_another_kind_by_the_same_name_is_one_replaced_workload(kinds: tuple[str, str]) -> None:
    before, after = kinds
    scaler = [
        made("HorizontalPodAutoscaler", spec={"scaleTargetRef": {"kind": kind, "name": "api"}, "maxReplicas": 3})
        for kind in kinds
    ]
    found = told([workload(before), scaler[0]], [workload(after), scaler[1]])

    assert found[f"{after} shop/api"].action == "replaced"
    assert Field("kind", before, after) in found[f"{after} shop/api"].fields
    assert found["HorizontalPodAutoscaler shop/api"].because == f"{before} api became a {after}"
    assert len(found) == 2


def test_a_secret_from_elsewhere_is_one_replaced_secret() -> None:
    external = made("ExternalSecret", "db", component="", spec={"data": []})

    assert lines([sealed(password="Ag1")], [external]) == ["replaced ExternalSecret shop/db"]


def test_what_argo_cd_ignores_follows_the_workload() -> None:
    def application(kind: str) -> Manifest:
        ignored = [{"group": "apps", "kind": kind, "name": "api", "jsonPointers": ["/spec/replicas"]}]
        return made("Application", "dev-shop", component="", spec={"ignoreDifferences": ignored, "project": "dev"})

    found = told([workload(), application("Deployment")], [workload("Rollout"), application("Rollout")])

    assert found["Application shop/dev-shop"].because == "Deployment api became a Rollout"


def test_what_argo_cd_ignores_follows_a_new_autoscaler() -> None:
    def application(*ignored: Manifest) -> Manifest:
        return made("Application", "dev-shop", component="", spec={"ignoreDifferences": list(ignored)})

    entry = {"group": "apps", "kind": "Deployment", "name": "api", "jsonPointers": ["/spec/replicas"]}
    found = told([application()], [made("HorizontalPodAutoscaler"), application(entry)])

    assert found["Application shop/dev-shop"].because == "HorizontalPodAutoscaler api was added"


def test_what_argo_cd_ignores_without_a_workload_that_came_or_went_is_told() -> None:
    def application(pointer: str) -> Manifest:
        ignored = [{"group": "apps", "kind": "Deployment", "name": "api", "jsonPointers": [pointer]}]
        return made("Application", "dev-shop", component="", spec={"ignoreDifferences": ignored})

    assert told([application("/a")], [application("/b")])["Application shop/dev-shop"].because == ""


def test_an_immutable_field_replaces_the_object() -> None:
    before, after = (made("Service", spec={"clusterIP": one}) for one in ("None", "10.0.0.1"))

    assert lines([before], [after]) == ["replaced Service shop/api"]


def test_changes_come_by_system_kind_and_name_and_on_all_clusters() -> None:
    after = side(made("Service", "b"), made("Deployment", "z"), cluster="tokyo", system="web")
    after = {**side(made("Service", "b"), system="web"), **after, **side(made("Service", "a"), system="ams")}

    assert [(one.subject.system, one.subject.kind, one.subject.cluster) for one in changes({}, after)] == [
        ("web", "Deployment", "tokyo"),
        ("web", "Service", "seoul"),
        ("web", "Service", "tokyo"),
        ("ams", "Service", "seoul"),
    ]


def test_a_secret_of_one_cluster_is_no_cause_on_another() -> None:
    before, after = (
        {**side(sealed(password=f"Ag{one}"), cluster="seoul"), **side(reading(checksum=one), cluster="tokyo")}
        for one in ("1", "2")
    )

    assert [change.because for change in changes(before, after)] == ["", ""]


def test_a_secret_is_no_cause_where_the_checksum_stays() -> None:
    before, after = configured(MODE="fast"), configured(MODE="slow")
    for one, value in ((before, "1"), (after, "2")):
        one[1]["spec"]["template"]["spec"]["containers"][0]["envFrom"].append({"secretRef": {"name": "db"}})
        one.append(sealed(other=f"Ag{value}"))

    assert told(before, after)["Deployment shop/api"].because == "ConfigMap api-env changed"


def test_a_version_label_without_another_image_is_told_beside_other_fields() -> None:
    before, after = (
        workload(metadata={"labels": {"app.kubernetes.io/version": str(one)}, "annotations": {"owner": str(one)}})
        for one in (1, 2)
    )

    assert len(told([before], [after])["Deployment shop/api"].fields) == 2


def test_only_the_migration_that_a_dump_is_of_is_its_cause() -> None:
    def both(image: str) -> list[Manifest]:
        template = {"spec": {"containers": [{"name": "migrate", "image": f"other-{image}"}]}}
        return [*migrating(image, hashed=False), made("Job", "another", spec={"template": template})]

    assert told(both("api:1"), both("api:2"))["Job shop/api-backup"].because == "Job api-migrate changed"
