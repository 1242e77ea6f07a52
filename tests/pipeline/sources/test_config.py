import pytest
from pydantic import ValidationError

from pipeline.sources.config import Source


def test_every_setting_is_described() -> None:
    schema = Source.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        assert all("description" in field for field in part["properties"].values())


@pytest.mark.parametrize(
    "settings",
    [
        {"formt": "warc"},
        {"fields": {"body": "x"}},
        {"charset": "utf-99"},
        {"charset": "hex"},
        {"unit_bytes": 0},
    ],
)
def test_mistakes_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Source.model_validate(settings)
