"""Reports as comparisons come to them: nothing changed, one image, and a change of everything."""

import random
from pathlib import Path
from typing import Any

from operations.diff.model import (
    Action,
    Change,
    Cost,
    Danger,
    Field,
    ImageChange,
    Level,
    Previewed,
    Report,
    Risk,
    StackDiff,
    Subject,
)

GIBI = 1024**3
ROOT = Path(__file__).parents[4]
COMMIT = "d9c30ecd6af8f6f16c803fdead6a4a3a5eee5360"
CLUSTERS = {"local": ("embedded",), "dev": ("seoul",), "staging": ("seoul",), "prod": ("seoul", "tokyo")}
COST = Cost(12.5, 24 * GIBI, 140 * GIBI)
REPOSITORY = "harbor.example.com/plate/plate-api"
CIPHERTEXT = "Ag" + "Qz9x" * 150
IMAGE_PATH = "spec.template.spec.containers[plate-api].image"


def subject(
    name: str = "plate-api",
    kind: str = "Deployment",
    *,
    cluster: str = "seoul",
    system: str = "plate",
    namespace: str = "plate-dev",
) -> Subject:
    return Subject(cluster, system, kind, namespace, name)


def change(action: Action = "changed", about: Subject | None = None, *fields: Field, because: str = "") -> Change:
    return Change(action, about or subject(), fields, because)


def risk(
    level: Level = Level.HIGH,
    danger: Danger = Danger.DOWNTIME,
    about: Subject | None = None,
    reason: str = "2 replicas become 1, while its budget keeps 1 running",
    **more: Any,
) -> Risk:
    return Risk(level, danger, about or subject(), reason, **more)


def image(
    before: str = "1.4.2", after: str = "1.5.0", about: Subject | None = None, *, back: bool = False
) -> ImageChange:
    return ImageChange(about or subject(), "plate-api", f"{REPOSITORY}:{before}", f"{REPOSITORY}:{after}", back)


def stack(name: str = "prod", *changes: Change, **more: Any) -> StackDiff:
    return StackDiff(name, changes, **{"risks": (), "images": (), "before": COST, "after": COST, **more})


def report(*stacks: StackDiff, previews: tuple[Previewed, ...] = ()) -> Report:
    return Report("origin/main", COMMIT, stacks, previews)


def nothing() -> Report:
    return report(*(stack(name) for name in CLUSTERS))


def one_image() -> Report:
    """A release of one service in dev."""
    before, after = image().before, image().after
    changed = change("changed", subject(), Field(IMAGE_PATH, before, after))
    dev = stack(
        "dev",
        changed,
        images=(image(),),
        risks=(risk(Level.LOW, Danger.IMAGES, reason="1.4.2 becomes 1.5.0", file="releases/dev.yaml", line=12),),
    )
    return report(stack("local"), dev, stack("staging"), stack("prod"))


def large() -> Report:
    """400 objects over four stacks, each risk and all kinds of fields."""
    return report(*(_large_stack(name, clusters) for name, clusters in CLUSTERS.items()))


def _large_stack(name: str, clusters: tuple[str, ...]) -> StackDiff:
    changes: list[Change] = []
    images: list[ImageChange] = []
    chance = random.Random(7)
    for cluster in clusters:
        for system in ("ams", "immersiverse", "korea-public-data", "plate", "services-platform"):
            for number in range(5):
                service = f"{system}-{('api', 'web', 'worker', 'llm', 'gateway')[number]}"
                at = {"cluster": cluster, "system": system, "namespace": system}
                deployment = subject(service, "Deployment", **at)
                if number < 2:
                    fields = (
                        Field("spec.replicas", 2, chance.choice((1, 3))),
                        Field(f"spec.template.spec.containers[{service}].resources.requests.cpu", "200m", "500m"),
                        Field(f"spec.template.spec.containers[{service}].env[LOG_LEVEL].value", "info", "debug"),
                    )
                    changes.append(change("changed", deployment, *fields))
                    images.append(
                        ImageChange(
                            deployment,
                            service,
                            f"harbor.example.com/{system}/{service}:1.4.2",
                            f"harbor.example.com/{system}/{service}:1.{5 - number * 2}.0",
                            number == 1,
                        )
                    )
                else:
                    changes.append(change("changed", deployment, because=f"ConfigMap {system}/shared-settings changed"))
                changes.append(
                    change(
                        "changed",
                        subject(service, "Service", **at),
                        Field("metadata.labels[app.kubernetes.io/managed-by]", "naru", "naru-two"),
                    )
                )
                changes.append(change("added", subject(f"{service}-peer", "NetworkPolicy", **at)))
            text = "\n".join(f"key{line}: value {line}" for line in range(12)) + "\n"
            settings = subject("shared-settings", "ConfigMap", **at)
            changes.append(
                change(
                    "changed", settings, Field("data[config.yaml]", text, text.replace("value 5", f"value of {name}"))
                )
            )
            sealed = subject(f"{system}-db", "SealedSecret", **at)
            changes.append(
                change("changed", sealed, Field("spec.encryptedData.password", CIPHERTEXT, CIPHERTEXT + "AAAA"))
            )
            changes.append(
                change(
                    "replaced",
                    subject(f"{system}-store", "StatefulSet", **at),
                    Field("spec.serviceName", "store", "store-headless"),
                )
            )
            changes.append(change("removed", subject(f"{system}-cache", "PersistentVolumeClaim", **at)))
    store = subject("plate-cache", "PersistentVolumeClaim", system="plate", namespace="plate")
    risks = [
        risk(
            Level.CRITICAL,
            Danger.DATA,
            store,
            "the claim is removed, and the volume of it is not kept",
            clusters=clusters,
            file="catalog/plate.yaml",
            line=18,
        ),
        risk(
            Level.HIGH,
            Danger.DOWNTIME,
            subject("plate-store", "StatefulSet", namespace="plate"),
            "it is replaced: spec.serviceName cannot be changed, so no pod serves in between",
            clusters=clusters,
            file="catalog/plate.yaml",
            line=140,
        ),
        risk(
            Level.HIGH,
            Danger.EXPOSURE,
            subject("plate-api", "Ingress", namespace="plate"),
            "new public path /admin on plate.example.com",
            clusters=clusters,
            file="catalog/plate.yaml",
            line=41,
        ),
        risk(
            Level.MEDIUM,
            Danger.PERMISSIONS,
            subject("plate-api", "Role", namespace="plate"),
            "may now also list secrets",
            clusters=clusters,
            file="catalog/plate.yaml",
            line=60,
        ),
        risk(
            Level.MEDIUM,
            Danger.IMAGES,
            subject("plate-web", namespace="plate"),
            "1.4.2 becomes 1.3.0, an earlier version",
            clusters=clusters,
            file=f"releases/{name}.yaml",
            line=9,
        ),
        risk(Level.LOW, Danger.COST, Subject("", "", "", "", ""), "requests of CPU grow by 3 cores", clusters=clusters),
    ]
    if name == "prod":
        risks.append(
            risk(
                Level.CRITICAL,
                Danger.DATA,
                subject("retention", "ConfigMap", system="ams", namespace="ams"),
                "backups are kept for 7 days, no longer for 35",
                clusters=("seoul",),
                file="Pulumi.prod.yaml",
                line=88,
            )
        )
    risks.sort(key=lambda one: -one.level)
    after = Cost(COST.cpu + 3 * len(clusters), COST.memory + 512 * 1024**2 * len(clusters), COST.storage - 10 * GIBI)
    return StackDiff(name, tuple(changes), tuple(risks), tuple(images), COST, after)


def with_previews() -> Report:
    lines = tuple(f"~ kubernetes:apps/v1:Deployment seoul-plate-{number}  [spec.replicas]" for number in range(3))
    return report(
        stack("dev", change("changed", None, Field("spec.replicas", 2, 3))),
        stack(
            "prod",
            trouble="the base's code no longer runs: ImportError: no module named catalog",
            alone=tuple(
                subject(name, cluster=cluster) for name in ("plate-api", "plate-web") for cluster in CLUSTERS["prod"]
            ),
            before=None,
        ),
        previews=(
            Previewed("dev", "succeeded", {"update": 3, "create": 1}, lines),
            Previewed("prod", "failed", {}, (), ("no credentials for the cluster tokyo",)),
        ),
    )
