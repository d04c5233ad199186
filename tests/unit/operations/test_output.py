"""Changes as lines for people."""

from operations.output import change_lines
from operations.tally import Change


def test_a_changed_resource_shows_its_first_properties_and_counts_the_rest() -> None:
    paths = ("spec.template.spec.containers[0].image", "spec.a", "spec.b", "metadata.labels", "spec.c.d")
    (line,) = change_lines([Change("update", "c/shop/api:deployment:api", paths)])
    assert line.endswith("c/shop/api:deployment:api  [metadata.labels, spec.a, spec.b and 2 more]")


def test_few_properties_are_all_shown() -> None:
    (line,) = change_lines([Change("update", "c/shop/api:deployment:api", ("spec.replicas",))])
    assert line.endswith("[spec.replicas]")


def test_a_new_resource_shows_no_properties() -> None:
    (line,) = change_lines([Change("create", "c/shop/api:deployment:api", ("spec",))])
    assert line.endswith("c/shop/api:deployment:api")
