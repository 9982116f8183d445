"""Config of the checkpoints that a study looks at beside its own networks."""

from pydantic import Field, field_validator

from weightscape.config.section import Name, Section


class CheckpointEntry(Section):
    """Anyone's weights; the table `checkpoint_spectra` says what their spectra say."""

    name: Name = Field(description="Name of its folder in the results.")
    path: str = Field(
        description="A file of weights, the index of a sharded one, a folder of them, or"
        " `timm:<name>` or `hf:<name>@<revision>`, which alone download."
    )
    base: str | None = Field(
        None, description="The checkpoint that it comes from, for rows on its change from it."
    )

    @field_validator("path", "base")
    @classmethod
    def _means_itself(cls, path: str | None) -> str | None:
        # Snakemake reads braces as a wildcard and angle brackets as a folder's name.
        if path is not None and (not path.isprintable() or set(path) & set("{}<>")):
            raise ValueError(f"{path!r} has a brace, an angle bracket or a control character")
        return path
