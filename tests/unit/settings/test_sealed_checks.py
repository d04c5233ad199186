"""What of the sealed secrets lacks and what nobody needs, each where it can be mended."""

import pytest

from settings.sealed_checks import superfluous, unsealed
from tests.projects import Project
from tests.unit.settings.sealed import ciphertext, document

SHOP = "catalog/shop.yaml"
DEV = "Pulumi.dev.yaml"
FILE = "secrets/dev/shop.yaml"
GENERATED = ".naru/secrets/dev/shop.yaml"
DB = "db: { keys: { password: {} } }"
WITH_KEY = (SHOP, DB, "db:\n    keys:\n      password: {}\n      token: {}")
READS_DB = "secretEnv: { PASSWORD: { secret: db, key: password } }"
RUN_SEAL = "no ciphertext in secrets/dev/shop.yaml; run `naru seal shop/db --stack dev`"


@pytest.fixture
def sealing(project: Project) -> Project:
    """A project whose secrets are sealed on dev."""
    project.change(DEV, "mutableTags: true", "mutableTags: true, secrets: sealed")
    return project


def lacking(project: Project) -> list[str]:
    return [str(fault) for fault in unsealed(project.load())]


def needless(project: Project) -> list[str]:
    return [str(fault) for fault in superfluous(project.load())]


class TestUnsealed:
    def test_secret_without_file_lacks_each_key_where_it_is_declared(self, sealing: Project) -> None:
        sealing.change(*WITH_KEY)
        assert lacking(sealing) == [
            f"catalog/shop.yaml:27: secrets.db.keys.password: {RUN_SEAL}",
            f"catalog/shop.yaml:28: secrets.db.keys.token: {RUN_SEAL}",
        ]

    def test_key_that_the_file_lacks_is_told(self, sealing: Project) -> None:
        sealing.change(*WITH_KEY)
        sealing.write(FILE, document())
        assert lacking(sealing) == [f"catalog/shop.yaml:28: secrets.db.keys.token: {RUN_SEAL}"]

    def test_nothing_lacks_where_the_file_has_all(self, sealing: Project) -> None:
        sealing.change(*WITH_KEY)
        sealing.write(FILE, document(values={"token": ciphertext(), "password": ciphertext()}))
        assert lacking(sealing) == []

    @pytest.mark.parametrize("source", ["existing", "external"])
    def test_secret_of_another_source_lacks_nothing(self, sealing: Project, source: str) -> None:
        store = "secretStores:\n  aws: { provider: aws-secrets-manager, region: seoul }\nsecrets:"
        sealing.change(SHOP, "secrets:", store)
        sealing.change(SHOP, DB, f"db: {{ source: {source}, store: aws, keys: {{ password: {{}} }} }}")
        assert lacking(sealing) == []

    def test_system_that_is_not_enabled_lacks_nothing(self, sealing: Project) -> None:
        sealing.change(SHOP, "description: Shop", "description: Shop\nenabled: false")
        sealing.change("catalog/mail.yaml", "    dependsOn: [shop/api]\n", "")
        assert lacking(sealing) == []

    def test_generated_secret_is_made_by_another_command(self, project: Project) -> None:
        project.change(DEV, "mutableTags: true", "mutableTags: true, secrets: generated")
        project.change(DEV, "tier: development", "tier: local")
        assert lacking(project) == [
            "catalog/shop.yaml:25: secrets.db.keys.password: no ciphertext in .naru/secrets/dev/shop.yaml; "
            "run `naru local up`"
        ]
        project.write(GENERATED, document())
        assert lacking(project) == []

    def test_only_the_sources_that_are_asked_for_are_told(self, sealing: Project) -> None:
        assert len(unsealed(sealing.load(), {"sealed"})) == 1
        assert unsealed(sealing.load(), {"generated"}) == []

    def test_checking_the_project_tells_what_is_not_sealed(self, sealing: Project) -> None:
        assert sealing.faults() == [f"catalog/shop.yaml:25: secrets.db.keys.password: {RUN_SEAL}"]

    def test_loading_a_stack_does_not_mind_what_is_not_sealed(self, sealing: Project) -> None:
        assert sealing.faults("dev") == []

    def test_checking_the_project_does_not_mind_what_is_not_generated_yet(self, project: Project) -> None:
        project.change(DEV, "mutableTags: true", "mutableTags: true, secrets: generated")
        project.change(DEV, "tier: development", "tier: local")
        assert project.faults() == []


class TestSuperfluous:
    def test_nothing_is_superfluous_where_all_is_declared_and_read(self, sealing: Project) -> None:
        sealing.write(FILE, document())
        assert needless(sealing) == []

    def test_secret_that_nobody_declares_is_told_where_it_stands(self, sealing: Project) -> None:
        sealing.write(FILE, document() + document("dbs"))
        assert needless(sealing) == [f'{FILE}:21: metadata.name: shop has no secret "dbs"; did you mean "db"?']

    def test_key_that_nobody_declares_is_told_where_it_stands(self, sealing: Project) -> None:
        sealing.write(FILE, document(values={"password": ciphertext(), "pasword": ciphertext()}))
        assert needless(sealing) == [
            f'{FILE}:11: spec.encryptedData.pasword: no key "pasword" of db; did you mean "password"?'
        ]

    def test_ciphertext_of_a_secret_of_another_source_is_told(self, project: Project) -> None:
        project.write(FILE, document())
        assert needless(project) == [
            f'{FILE}:6: metadata.name: ciphertext of "db", whose source is existing; take it out'
        ]

    def test_key_that_no_pod_reads_is_told_where_it_is_declared(self, sealing: Project) -> None:
        sealing.change(*WITH_KEY)
        assert needless(sealing) == [
            'catalog/shop.yaml:28: secrets.db.keys.token: the key "token" of "db", which no pod reads (on dev); '
            "take it out, or name it where it is read"
        ]

    @pytest.mark.parametrize(
        "reader",
        [
            pytest.param("secretEnv: { PASSWORD: { secret: db, key: token } }", id="variable"),
            pytest.param("secretEnvFrom: [db]", id="all-variables"),
            pytest.param("secretFiles: { /etc/secrets: { secret: db, items: { a: token } } }", id="file"),
            pytest.param(
                "migration: { engine: flyway, secret: db, databases: { a: { urlKey: password } } }", id="migration"
            ),
            pytest.param("enabled: false\n    secretEnvFrom: [db]", id="of-a-service-that-is-not-enabled"),
            pytest.param(
                "sidecars: { proxy: { image: { repository: p, tag: '1' }, secretEnvFrom: [db], "
                "resources: { requests: {}, limits: {} }, "
                "probes: { startup: { grpc: 1 }, readiness: { grpc: 1 }, liveness: { grpc: 1 } } } }",
                id="sidecar",
            ),
        ],
    )
    def test_key_that_anything_reads_is_needed(self, sealing: Project, reader: str) -> None:
        sealing.change(*WITH_KEY)
        sealing.change(SHOP, "dependsOn: [api]", reader)
        assert needless(sealing) == []

    def test_key_that_a_data_store_reads_is_needed(self, sealing: Project) -> None:
        sealing.change(*WITH_KEY)
        sealing.change(SHOP, "POSTGRES_PASSWORD: { secret: db, key: password }", "TOKEN: { secret: db, key: token }")
        assert needless(sealing) == []

    def test_key_of_a_secret_that_is_not_sealed_may_be_read_by_others(self, project: Project) -> None:
        project.change(*WITH_KEY)
        assert needless(project) == []
