"""Reports of anything at all: what a property has to hold of, whoever named the objects."""

from typing import Any

from hypothesis import strategies as st

from operations.diff.model import (
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

_NASTY = [
    *("</details>", "<details>", "```", "~~~~", "`", "|", "\\|", "\\", "@everyone", "#123", "GH-12", "-->", "<!-- x"),
    *("https://example.com/a", "www.example.com", "deadbeef" * 5, "<script>", "**", "[a](b)", "![a](b)", "&amp;", "\n"),
    *(
        "\n\n# x\n",
        "- ",
        "1. ",
        "\t",
        "\x1b[31m",
        "\u202e",
        "한국",
        "word",
        "3",
        "",
        " ",
        "a`b|c",
        "naru/plate@sha256:ab",
        "_a_",
    ),
]
texts = st.lists(st.one_of(st.sampled_from(_NASTY), st.text(max_size=6)), max_size=4).map(" ".join) | st.sampled_from(
    _NASTY
)
long_texts = st.tuples(texts, st.integers(1, 400)).map(lambda drawn: drawn[0] * drawn[1])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts | long_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
kinds = st.sampled_from(["Deployment", "Secret", "SealedSecret", "ConfigMap"]) | texts
subjects = st.builds(Subject, texts, texts, kinds, texts, texts)
fields = st.builds(Field, texts, values, values)
_actions = st.sampled_from(["added", "changed", "removed", "replaced"])
changes = st.builds(Change, _actions, subjects, st.lists(fields, max_size=3).map(tuple), st.just("") | texts)
risks = st.builds(
    Risk,
    st.sampled_from(Level),
    st.sampled_from(Danger),
    subjects,
    texts | long_texts,
    st.lists(texts, max_size=2).map(tuple),
    texts,
    st.integers(0, 900),
)
images = st.builds(ImageChange, subjects, texts, texts, texts, st.booleans())
costs = st.none() | st.builds(Cost, st.floats(0, 1e6), st.integers(0, 2**50), st.integers(0, 2**50))
previews = st.builds(
    Previewed,
    texts,
    st.sampled_from(["succeeded", "failed"]),
    st.dictionaries(texts, st.integers(0, 999), max_size=4),
    st.lists(texts | long_texts, max_size=4).map(tuple),
    st.lists(texts | long_texts, max_size=2).map(tuple),
)


@st.composite
def stacks(draw: st.DrawFn) -> StackDiff:
    """Return a stack; its objects may be there many times over, under other names."""
    times = draw(st.sampled_from([1, 1, 1, 40, 200]))
    few = draw(st.lists(changes, max_size=4))
    many = tuple(_again(change, number) for number in range(times) for change in few)
    found = draw(st.lists(risks, max_size=4)) * draw(st.sampled_from([1, 1, 60]))
    told = tuple(_risk_again(risk, number) for number, risk in enumerate(found))
    return StackDiff(
        draw(texts),
        many,
        told,
        tuple(draw(st.lists(images, max_size=3))),
        draw(costs),
        draw(costs),
        draw(st.just("") | texts | long_texts),
        tuple(draw(st.lists(subjects, max_size=3))),
    )


def _again(change: Change, number: int) -> Change:
    about = change.subject
    named = Subject(about.cluster, about.system, about.kind, about.namespace, f"{about.name}{number or ''}")
    return Change(change.action, named, change.fields, change.because)


def _risk_again(risk: Risk, number: int) -> Risk:
    return Risk(risk.level, risk.danger, risk.subject, f"{risk.reason} {number}", risk.clusters, risk.file, risk.line)


reports = st.builds(
    Report, texts, texts, st.lists(stacks(), max_size=4).map(tuple), st.lists(previews, max_size=3).map(tuple)
)
