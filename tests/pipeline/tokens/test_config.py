import pytest
from pydantic import ValidationError

from filters.stage import Resource
from pipeline.tokens.config import Shards, TokenizerFile, TokenizerTrained


def test_every_setting_is_described() -> None:
    for model in (TokenizerFile, TokenizerTrained, Shards, type(TokenizerTrained().train)):
        assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (TokenizerFile, {}),
        (TokenizerFile, {"file": "t.json", "train": {}}),
        (TokenizerFile, {"file": "t.json", "sha256": "abc"}),
        (TokenizerTrained, {"train": {"vocab_size": 256}}),
        (Shards, {"context_length": 0}),
        (Shards, {"seed": 2**64}),
        (Shards, {"packed": True}),
    ],
)
def test_wrong_settings_are_refused(model: type[Shards], settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model(**settings)


def test_a_tokenizer_file_is_a_resource() -> None:
    assert TokenizerFile(file="hf://x/tokenizer.json").resource() == Resource(
        location="hf://x/tokenizer.json"
    )
