from __future__ import annotations

from pathlib import Path

import pytest

from fraud_score.settings import SettingError, Settings


def test_settings_come_from_the_environment_given() -> None:
    given = {
        "DATABASE_URL": "postgresql://u@h/d",
        "FRAUD_SCORE_PORT": "9000",
        "FRAUD_SCORE_TOKEN": "t",
        "FRAUD_SCORE_LEASE_SECONDS": "2.5",
        "FRAUD_SCORE_MODEL_DIR": "/srv/models",
        "FRAUD_SCORE_MODEL_URL": "http://model-server:8501/",
    }
    settings = Settings.from_environment(given)
    assert (settings.port, settings.token, settings.batch) == (9000, "t", 32)
    assert (settings.lease_seconds, settings.model_dir) == (2.5, Path("/srv/models"))
    assert settings.model_url == "http://model-server:8501"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FRAUD_SCORE_PORT", "http", "must be a whole number from 0 to 65535"),
        ("FRAUD_SCORE_PORT", "65536", "must be a whole number from 0 to 65535"),
        ("FRAUD_SCORE_PORT", "\u0661", "must be a whole number from 0 to 65535"),
        ("FRAUD_SCORE_BATCH", "0", "must be a whole number from 1 to 1000"),
        ("FRAUD_SCORE_LEASE_SECONDS", "nan", "must be a number from 0.1 to 3600"),
        ("FRAUD_SCORE_DRIFT_LIMIT", "much", "must be a number from 0.001 to 100"),
        ("FRAUD_SCORE_MODEL_URL", "model-server:8501", "must begin with http:// or https://"),
        ("DATABASE_URL", "mysql://u:secret@h/d", "must begin with postgresql:// or postgres://"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingError) as raised:
        Settings.from_environment({name: value})
    assert str(raised.value).startswith(name)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


def test_every_mistake_is_reported_at_once() -> None:
    wrong = {"FRAUD_SCORE_PORT": "x", "FRAUD_SCORE_BATCH": "x", "FRAUD_SCORE_DRIFT_LIMIT": "x"}
    with pytest.raises(SettingError) as raised:
        Settings.from_environment(wrong)
    assert [line.partition("=")[0] for line in str(raised.value).splitlines()] == list(wrong)
