"""Write the features of a dataset's images in the backbone before fine-tuning."""

from typing import TYPE_CHECKING

from weightscape.config.place import Place
from weightscape.data.examples import load
from weightscape.engine.job import job
from weightscape.network.embed import embed, save_embeddings
from weightscape.network.saved import load_network

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    network, place = load_network(snakemake.input.network), Place(**snakemake.params.place)
    embeddings = {
        part: embed(network, load(snakemake.input[part]).inputs, place)
        for part in ("train", "test")
    }
    save_embeddings(snakemake.output.embeddings, embeddings, provenance)
