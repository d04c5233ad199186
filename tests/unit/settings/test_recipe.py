"""What `generate` may say."""

import pytest

from settings.recipe import Recipe, recipe


def test_a_word_alone_is_a_random_value() -> None:
    assert recipe("password") == Recipe("password")
    assert recipe("rsa-private-key") == Recipe("rsa-private-key")


def test_a_text_that_begins_with_such_a_word_is_a_text() -> None:
    assert recipe("password of the day") == Recipe("text", parts=(("password of the day", None),))


def test_a_public_key_names_its_private_half() -> None:
    assert recipe("rsa-public-key jwt.pem") == Recipe("rsa-public-key", "jwt.pem")


def test_a_text_takes_values_of_other_keys() -> None:
    assert recipe("a://{db/user}:{db/password}@db").parts == (
        ("a://", ("db", "user")),
        (":", ("db", "password")),
        ("@db", None),
    )


def test_a_brace_without_its_other_half_is_refused() -> None:
    with pytest.raises(ValueError, match="Single"):
        recipe("a{")
