"""What the names of modules say whatever their place: their order, and which one is a head."""

import re
from collections.abc import Iterable
from itertools import takewhile

_CLASSIFIERS = (
    # timm, torchvision; transformers' heads of classification, and of language models
    r"(fc|_fc|heads?|classif|classifier|last_linear|pred_layer|lm_head|score|classification_head)"
    r"(\.(head\.|fc\.|classifier\.)?(fc|fc2|l|linear|head|classifier|proj|out_proj|decoder|\d+))?",
    r"classifier\.dense",  # AST
    # GPT-NeoX; Llama's own and Megatron; fairseq; BERT, ELECTRA, DistilBERT; answers to questions
    r"embed_out|output(_layer)?|output_projection|decoder\.output_projection",
    r"cls\.predictions\.decoder|generator_lm_head|discriminator_predictions\.dense_prediction",
    r"predictions\.decoder|vocab_projector|qa_outputs|lm_loss",
    # the heads of segmentation and of detection
    r"decode_head\.classifier|class_labels_classifier|class_embed",
)
_CLASSIFIER = re.compile(
    rf"((model|language_model|text_decoder|decoder|transformer)\.)*({'|'.join(_CLASSIFIERS)})"
)
_EMBEDDINGS = re.compile(r"(^|\.)embeddings\.")
_HEAD = re.compile(
    r"(^|\.)("
    r"_?fc|\w*heads?|head_\w+|heads_\w+|_?conv_head|\w*classifier|attn_?pool\w*|final_conv|pre_logits"
    r"|score|\w*pooler|cls|\w*predict(ion|ions|or)|\w*lm_head|logits\w*|qa_outputs|embed_out"
    r"|output_projection|proj_out\w*|conv_out|conv_post|norm_out|output_layer|final_layers?|final_proj|project_out|seq_relationship"
    r"|(vocab|mlm|nsp|itm|sop)_\w+|(text|visual|vision|image|audio)_proj(ection)?"
    r"|project_(q|hid)|quantizer|tdnn|projector|class_embed|bbox_embed|merger|aligner|neck|msfa"
    r"|last_linear|pred_layer|lm_loss|ctc_\w+|decoder_(pred|layers\.\d+)|conv5|top_conv|aggregate"
    r"|aux\w*|AuxLogits|incre_modules|downsamp_modules"
    r")(\.|$)"
    r"|^(\w+\.)?(output|decoder|feature_extractor|generator|fc_out)$"
    r"|^(mobilenet_v\d\.)?conv_1x1\."
)


def natural(name: str) -> list[str | int]:
    """Return a sorting key that takes the digits in `name` as numbers: ``b.2`` before ``b.10``."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def belongs(name: str, module: str) -> bool:
    """Say whether `name` is `module` or lies within it; nothing lies within an empty name."""
    return bool(module) and f"{name}.".startswith(f"{module}.")


def is_head(name: str) -> bool:
    """Say whether a layer outside the blocks stands behind them: in a head, a pooler, a projector.

    The names are those of timm, torchvision, fairseq, diffusers and Hugging Face transformers. What
    is one of the embeddings, as a projection of what images give (VisualBERT), is none.
    """
    return _HEAD.search(name) is not None and not _EMBEDDINGS.search(name)


def infer_classifier(names: Iterable[str]) -> str:
    """Return the layer that is the classifier by its name; empty where none is called so.

    Asked where a checkpoint does not say which it is. The names are those that timm, torchvision
    and Hugging Face give their heads; of several (``classifier.0``, ``classifier.3``) it is the
    last. Modules that all names lie within do not matter. The place in a file proves nothing: files
    keep parameters sorted by letter.
    """
    names = list(names)
    around = _around(names)
    heads = [name for name in names if _CLASSIFIER.fullmatch(name.removeprefix(around))]
    heads = heads or [name for name in names if _CLASSIFIER.fullmatch(name)]
    return max(heads, key=natural, default="")


def _around(names: list[str]) -> str:
    """Return the modules that all of several names lie within, with a dot behind each."""
    if len(names) < 2:
        return ""
    least, most = (name.split(".")[:-1] for name in (min(names), max(names)))
    both = takewhile(lambda pair: pair[0] == pair[1], zip(least, most, strict=False))
    unnumbered = takewhile(lambda module: not module.isdigit(), (module for module, _ in both))
    return "".join(f"{module}." for module in unnumbered)
