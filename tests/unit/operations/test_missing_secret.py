"""Which Secret and key a pod waits for, in the words of the kubelet and with what they leave out."""

import pytest

from operations.missing_secret import naming_secret
from operations.readiness import pod_reason

OTHER = {"secret": {"name": "other", "items": [{"key": "a", "path": "a"}]}}
SPEC = {
    "containers": [
        {
            "name": "main",
            "env": [
                {"name": "DB_PASS", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                {"name": "DB_USER", "valueFrom": {"secretKeyRef": {"name": "db", "key": "user"}}},
            ],
            "envFrom": [{"secretRef": {"name": "whole"}}],
        }
    ],
    "volumes": [
        {"name": "scratch", "emptyDir": {}},
        {"name": "jwt", "secret": {"secretName": "keys", "items": [{"key": "jwt-private.pem", "path": "a"}]}},
        {
            "name": "both",
            "projected": {"sources": [OTHER, {"secret": {"name": "keys", "items": [{"key": "b", "path": "b"}]}}]},
        },
    ],
}
POD = {"metadata": {"name": "api-1", "namespace": "ns", "uid": "u"}, "spec": SPEC, "status": {"phase": "Pending"}}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("couldn't find key user in Secret ns/db", "couldn't find key user in Secret ns/db"),
        ('secret "db" not found', 'secret "db" not found (Secret ns/db, of which it reads password, user)'),
        ('secret "whole" not found', 'secret "whole" not found (Secret ns/whole)'),
        ('MountVolume.SetUp failed for volume "jwt" : references non-existent secret key: jwt-private.pem',
         'MountVolume.SetUp failed for volume "jwt" : references non-existent secret key: jwt-private.pem '
         "(no key jwt-private.pem in Secret ns/keys)"),
        ('MountVolume.SetUp failed for volume "both" : references non-existent secret key: b',
         'MountVolume.SetUp failed for volume "both" : references non-existent secret key: b '
         "(no key b in Secret ns/keys)"),
        ('MountVolume.SetUp failed for volume "jwt" : secret "keys" not found',
         'MountVolume.SetUp failed for volume "jwt" : secret "keys" not found '
         "(Secret ns/keys, of which it reads jwt-private.pem, b)"),
        ('configmap "x" not found', 'configmap "x" not found'),
        ("back-off restarting failed container", "back-off restarting failed container"),
    ],
)  # fmt: skip
def test_secret_and_key_are_both_named(said: str, told: str) -> None:
    assert naming_secret(POD, said) == told


def test_container_that_cannot_be_configured_names_them() -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}
    status = {"phase": "Pending", "containerStatuses": [{"name": "main", "state": {"waiting": waiting}}]}
    said = pod_reason({**POD, "status": status}, ())
    assert said.endswith("(Secret ns/db, of which it reads password, user)")


def test_volume_that_cannot_be_mounted_names_them_by_its_event() -> None:
    event = {
        "type": "Warning",
        "reason": "FailedMount",
        "message": 'MountVolume.SetUp failed for volume "jwt" : references non-existent secret key: jwt-private.pem',
        "involvedObject": {"uid": "u"},
    }
    assert "no key jwt-private.pem in Secret ns/keys" in pod_reason(POD, [event])
