"""What a layer does in its block, told from its name: a table of the names that modules have."""

import re

from weightscape.layers.names import belongs

ROLES = (
    "stem", "embedding", "q", "k", "v", "attn_out", "mlp_in", "mlp_out", "conv", "downsample",
    "other", "classifier",
)  # fmt: skip
"""The roles, in the order in which a block applies its layers."""

_ATTENTION = (
    r"(?:(?i:attn|attention)\w*|(?<![A-Za-z])att)\.((?!\w*mlp|\w*ffn|feed_forward|ff\.)\w+\.)*"
)
_MLP = (
    r"(^|\.)(\w*mlp\w*|\w*ffns?\d*|\w*feed_forward\d*|ff\w*|moe|\w*experts?|DenseReluDense|\w*_moe)"
)
_INNER = r"(\.linear|\.base_layer|\.proj)?$"  # the layer within a clipped, an adapted, a pooled one

_TABLE = (
    # Squeeze and excitation, in the order: timm's resnets; EfficientNet-PyTorch; transformers;
    # torchvision; timm's NFNet, ByobNet and RDNet.
    ("other", r"(^|\.)(se|se_module|_se_reduce|_se_expand|squeeze_(and_)?ex\w+)(\.|$)"),
    ("other", r"features\.\d+\.(\d+\.)?block\.\d+\.fc[12]$"),
    ("other", r"(^|\.)(attn(_last)?\.(mlp_add\.)?fc[12]?|layers\.\d+\.fc)$"),
    # The networks that make the biases of relative positions: Swin v2, and timm's.
    ("other", r"(^|\.)(cpb_mlp|continuous_position_bias_mlp|meta_mlp|rel_pos)\."),
    # Projections of attention and an MLP in one: Flux.
    ("other", r"(^|\.)single_blocks\.\d+\.linear[12]$"),
    # Routers and the gates of experts: Mixtral and DeepSeek, Switch and Llama 4, Qwen.
    ("other", rf"{_ATTENTION}(gate_proj|forget_gate.*)$"),
    ("other", r"(^|\.)(gate|router|shared_expert_gate)(\.(classifier|layer|wg|gate))?$"),
    ("embedding",
     r"(^|\.)(wte|wpe|shared|embedding_table"  # GPT-2; T5, BART; DiT
     r"|embed_(in|tokens|positions)|tok_embeddings"  # GPT-NeoX; Llama, OPT; BART; Llama's own
     r"|(word_|token_|label_|pos_)?emb|tok(_emb)?|(row|column)_embedder"  # RWKV, minGPT; Pix2Struct
     r"|(token|position)_embd|token_types"  # llama.cpp
     r"|(input|position)_embeds_layers?|(iou|mask)_tokens?|queries_\w+"  # Bark; SAM; Mask2Former
     r"|(?!patch|class_|bbox_)(\w+_)?embed(ding)?s?)(\.\d+)?$"),  # BERT, timm and most others
    ("downsample",
     r"(^|\.)(downsample|shortcut|reduction"  # ResNet; its first form; Swin
     r"|downsampl(?!e_layers\.0\.)\w+|conv_shortcut"  # UNet of diffusers
     r"|conv_down|transition\d+|nin_shortcut"  # CSPNet; DenseNet; latent diffusion
     r"|\w*patch_embed(ding)?s\.[1-9]\d*|patch_embed[2-9]"
     r"|(stages|layers)\.[1-9]\d*\.patch_embed\w*)(\.|$)"),  # PVT, SegFormer, Twins
    # RWKV's channel mixing calls its layers key and value.
    ("mlp_in", rf"{_MLP}\.key$"),
    ("mlp_out", rf"{_MLP}\.value$"),
    ("q",
     r"(^|\.)(q|q_proj|q_attn|query(_global)?"  # T5, timm; Llama, BART; GPT-2; BERT, Longformer
     r"|q_lin|to_q|add_q_proj|[wW]q|q_head"  # DistilBERT; diffusers; SD3; Llama's own; Funnel
     r"|q_(content|pos(_sine)?)_proj|[sc]a_q(content|pos(_sine)?)_proj"  # conditional DETR
     r"|linear_q|query_proj|projection_query|q_[ab]_proj|wq_[ab]"  # CvT; DeepSeek
     rf"|(cross_)?attn_q(_[ab])?){_INNER}"),  # llama.cpp
    ("k",
     r"(^|\.)(k|k_proj|key(_global)?|k_lin|to_k|add_k_proj|[wW]k|linear_k|key_proj"
     rf"|projection_key|k_head|([sc]a_)?k(_?content|_?pos)_proj|(cross_)?attn_k(_b)?){_INNER}"),
    ("v",
     r"(^|\.)(v|v_proj|value(_global)?|v_lin|to_v|add_v_proj|[wW]v|linear_v|value_proj"
     rf"|projection_value|v_head|[sc]a_v_proj|(cross_)?attn_v(_b)?){_INNER}"),
    ("attn_out",
     rf"{_ATTENTION}(proj|out_proj|o_proj|c_proj"  # timm; BART; Llama; GPT-2
     r"|dense|to_out(\.0)?|o|out_lin|out(put)?|[wW]o|linear_(out|proj)|post_proj"  # BERT; T5; …
     rf"|projection|projection_layer|output_proj|to_add_out|proj_attn){_INNER}"),  # BLIP; DETR; SD3
    ("attn_out", r"(^|\.)(o_proj|(cross_)?attn_o(ut|utput)?)$"),  # Nemotron's mixer; llama.cpp
    ("mlp_in", r"(^|\.)ffn_(up|gate)(_\w*exps?)?$"),  # llama.cpp
    ("mlp_out", r"(^|\.)ffn_down(_\w*exps?)?$"),
    ("mlp_in",
     rf"({_MLP}\.(\w*\d+\.)?|layers?\.\d+\.(\w+_layer\.)?)(fc1(_[gx])?|c_fc|linear_1|linear1|lin1|w1|w3|w12"
     r"|fc_in|linear_fc1|dense_h_to_4h|intermediate_dense|wi|wi_[01]|Wi|dense1"
     rf"|input_linear|proj_in|weights_in|layer_1|intermediate){_INNER}"),  # XLNet; ProphetNet
    ("mlp_in", rf"{_MLP}\.(\d+\.)?(0|0\.proj|net\.0|net\.0\.proj|v1|in_proj)$|mlp_layer\.1$"),
    ("mlp_in", r"\.\d+\.pwconv1$"),
    ("mlp_in", r"(^|\.)(linear1|proj_mlp|(intermediate\w*|\w+_inter)\.dense|ffn)$"),  # LXMERT
    ("mlp_in", rf"\.(gate_proj|up_proj|gate_up_proj){_INNER}"),
    ("mlp_out",
     rf"({_MLP}\.(\w*\d+\.)?|layers?\.\d+\.(\w+_layer\.)?)(fc2|c_proj|linear_2|linear2|lin2|w2"
     r"|fc_out|linear_fc2|dense_4h_to_h|output_dense|wo|Wo|dense2"
     rf"|output_linear|proj_out|weights_out|layer_2|output){_INNER}"),
    ("mlp_out", rf"{_MLP}\.(\d+\.)?(2|3|net\.2|net\.3|out_proj)$"),
    ("mlp_out", r"\.\d+\.pwconv2$"),
    ("mlp_out", r"(^|\.)(linear2|(output\w*|(lang|visn)_output)\.dense|ffn_output)$"),
    ("mlp_out", rf"\.down_proj{_INNER}"),
)  # fmt: skip
_PATTERNS = tuple((found, re.compile(pattern)) for found, pattern in _TABLE)
_STEMS = (
    r"_?conv_?stem|stem\w*|\w*patch_embed(ding)?s?|patch_embed1|patch_(conv\w*|projection|embd)",
    r"conv_in|in_conv|conv_proj|conv_pre|x_embedder|pos_embed\.proj|input_blocks\.0\.0",  # UNets
    r"embeddings\.(projection|convolution)|embedder\.embedder",  # BEiT, EfficientNet, ResNet
    r"feature_extractor|feature_encoder|subsample\w*|pre_encode",  # wav2vec 2, SpeechT5; NeMo
    r"features\.(0|conv0|conv1_1)|layer0|maxpool|body\.conv1|Conv2d_\w+",  # torchvision
    r"base_layer|level[01]|downsample_layers\.0|pixel_embed|embeds",  # DLA, ConvNeXt, TNT
)
_STEM = re.compile(rf"(^|\.)({'|'.join(_STEMS)})(\.|$)|(^|\D\.)conv_?[123](\.|$)")


def role(name: str, is_conv: bool, is_first: bool, classifier: str, has_bias: bool = False) -> str:
    """Return the role of a layer, one of `ROLES`.

    Squeeze-and-excitation, the routers and gates of experts and a projection that holds several
    (such as a whole ``qkv``) are ``other``; so is what lies before the blocks and is no stem by
    its name. A gate that multiplies the first layer of an MLP is ``mlp_in`` as that layer is; the
    projections of cross-attention have the roles of self-attention.

    Parameters
    ----------
    name : str
        Name of the layer.
    is_conv : bool
        Whether it is a convolution.
    is_first : bool
        Whether it lies before the first block of a network that has blocks.
    classifier : str
        Name of the module that holds the classifier.
    has_bias : bool, optional
        Whether it adds a bias, which no embedding does.
    """
    if belongs(name, classifier):
        return "classifier"
    for found, pattern in _PATTERNS:
        if pattern.search(name) and not (found == "embedding" and (is_conv or has_bias)):
            return found
    if is_first:
        return "stem" if _STEM.search(name) else "other"
    return "conv" if is_conv else "other"
