"""Write the features of a dataset's images in the backbone before fine-tuning."""

from typing import TYPE_CHECKING

from weightscape.data.labelled import load
from weightscape.job import job
from weightscape.network.checkpoint import load_tensors
from weightscape.network.embed import embed, save_embeddings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    network = load_tensors(snakemake.input.network)
    place = snakemake.params.device, snakemake.params.threads
    embeddings = {
        part: embed(*network, load(snakemake.input[part]).images, *place)
        for part in ("train", "test")
    }
    save_embeddings(snakemake.output.embeddings, embeddings, provenance)
