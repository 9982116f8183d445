"""How diverse the sets of images are that networks learn from, and how like real ones."""

from weightscape.tables.identifiers import CELL
from weightscape.tables.table import define, real, text, whole

_VENDI = "Friedman & Dieng 2023, arXiv:2210.02410"
_WEIGHTED = "Ba, Mancenido & Pan 2025, arXiv:2410.14602v2"
_PR = "Kynkäänniemi et al. 2019, arXiv:1904.06991"
_DC = "Naeem et al. 2020, arXiv:2002.09797"

SET = (
    text(
        "set",
        "Name of the set of images: `real`, `test`, or that of the condition or generator.",
    ),
    text(
        "kind",
        "`real`: the training images; `test`: the test images; `augmented`: the training images"
        " passed once through a condition's augmentations; `mixed`: training and synthetic images"
        " as a condition takes them, augmented once where it does; `synthetic`: all images of a"
        " generator.",
    ),
    text(
        "condition",
        "First condition of the study that trains on the set; missing for sets that none does.",
        nullable=True,
    ),
    text(
        "generator",
        "The generator of a synthetic set; missing for other kinds.",
        nullable=True,
    ),
    text("family", "Family of `condition`; missing without one.", nullable=True),
    real("dose", "Dose of `condition`; missing where none is varied."),
)
"""Identifier columns of a set of images, within a dataset and backbone."""

_SUBSAMPLES = "mean over subsamples of n_subsample images of the set, against all test images"

SCHEMA = define(
    "diversity",
    1,
    "Diversity and fidelity of every set of images, as a whole and by class, in pixels and in the"
    " features of the backbone before fine-tuning.",
    [
        *CELL,
        *SET,
        text(
            "space",
            "Where likeness is measured: `pixels` (larger images made smaller, see"
            " `diversity.pixel_side`), or `embedding` (features before the classifier).",
        ),
        text("class", "The class; empty for the whole set."),
        whole("n", "Number of images."),
        real(
            "vendi",
            "Vendi score of all n images under the cosine similarity: the number of clearly"
            " different images that they are worth. It grows with n: compare vendi_subsampled"
            " between sets. Missing without images.",
            _VENDI,
        ),
        whole(
            "n_subsample",
            "Images in a subsample; of a class its part, the same for all classes.",
        ),
        real(
            "vendi_subsampled",
            "Mean Vendi score of subsamples of n_subsample images, drawn without replacement;"
            " missing where there are fewer.",
            _VENDI,
        ),
        real(
            "vendi_low",
            "Lower end of the 95 % interval of vendi_subsampled: percentiles over the subsamples,"
            " stretched about the mean by √(n_subsample/(n − n_subsample)); missing where a"
            " subsample is the whole set.",
            "Shao & Wu 1989, doi:10.1214/aos/1176347263",
        ),
        real("vendi_high", "Upper end of that interval.", "as vendi_low"),
        real(
            "weighted_vendi",
            "vendi · ρ, ρ the cosine between the matrices of features of the training images and"
            " of the set (of a mixed set, its synthetic images), rows paired by their order and cut"
            " to the shorter; published for embeddings.",
            _WEIGHTED,
        ),
        real(
            "weighted_vendi_invariant",
            "vendi · ρ, ρ the mean of the published one over all pairings of images of one class:"
            " the order of the images does not matter. The training images have less than their"
            " vendi: compare with theirs.",
        ),
        real(
            "precision",
            "Share of the images within the k nearest neighbours' reach of a test image;"
            f" {_SUBSAMPLES}. Missing for the test images, and where a subsample or the test images"
            " are not more than k.",
            _PR,
        ),
        real(
            "recall",
            f"Share of the test images within that reach of an image of the set; {_SUBSAMPLES}."
            " Missing as precision.",
            _PR,
        ),
        real(
            "density",
            "Test images within whose reach an image is, over k, about 1 for real images;"
            f" {_SUBSAMPLES}. Missing as precision.",
            _DC,
        ),
        real(
            "coverage",
            f"Share of the test images with an image of the set in their reach; {_SUBSAMPLES}."
            " Missing as precision.",
            _DC,
        ),
        real(
            "memorised",
            "Share of the images (of a mixed set, of its synthetic ones) as near to a training"
            " image as the nearest 5 % of the test images; in pixels alone. About .05 is chance; 1"
            " for the training images themselves.",
        ),
    ],
)
