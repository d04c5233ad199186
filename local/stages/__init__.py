"""KWOK's stages, our own: how what does not run here would behave (`kwok.x-k8s.io/v1alpha1`, Stage).

They are for the kinds Kubernetes itself serves. KWOK looks every kind up when it starts and ends where one is missing,
and a CustomResourceDefinition that is served may not be listed for seconds: custom resources are `local/simulation`'s.
"""

from __future__ import annotations

from pathlib import Path

import yaml


def text(pod_seconds: tuple[float, float]) -> str:
    """Return every stage as one YAML stream, pods taking between two times in seconds to start, end and complete."""
    shortest, longest = (round(seconds * 1000) for seconds in pod_seconds)
    stages = [
        stage
        for file in sorted(Path(__file__).parent.glob("*.yaml"))
        for stage in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    ]
    for stage in stages:
        if stage["spec"]["resourceRef"]["kind"] == "Pod":
            stage["spec"]["delay"] = {"durationMilliseconds": shortest, "jitterDurationMilliseconds": longest}
    return yaml.safe_dump_all(stages, sort_keys=False)
