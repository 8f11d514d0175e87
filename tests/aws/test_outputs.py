"""What a stack exports: one shape, strict, and every field of it documented."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from ringfence.aws.outputs import AgentOutput, EnvironmentOutput, LogOutputs, StackOutputs, SubnetOutput, TlsOutput

DOCUMENT = Path(__file__).parents[2] / "docs" / "outputs.md"


@pytest.mark.parametrize("model", [StackOutputs, EnvironmentOutput, AgentOutput, LogOutputs, SubnetOutput, TlsOutput])
def test_every_field_stands_in_the_documentation(model: type[BaseModel]) -> None:
    words = set(DOCUMENT.read_text(encoding="utf-8").replace("`", " ").replace(".", " ").replace(",", " ").split())
    assert model.model_fields.keys() - words == set()


def test_an_output_of_another_shape_is_refused() -> None:
    with pytest.raises(ValidationError, match="surprise"):
        SubnetOutput.model_validate({"id": "subnet-1", "zone": "eu-west-1a", "cidr": "10.0.0.0/28", "surprise": 1})
    with pytest.raises(ValidationError, match="format_version"):
        StackOutputs.model_validate({"format_version": 2, "environment": {}, "agents": {}})
