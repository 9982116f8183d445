"""Roles and blocks of small networks of transformers: against their modules and their forward."""

import pytest
import torch

from tests.helpers.observing import Observer
from weightscape.layers.catalogue import catalogue
from weightscape.layers.names import infer_classifier

transformers = pytest.importorskip("transformers")

HIDDEN = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
          "num_attention_heads": 4}  # fmt: skip
TEXT = HIDDEN | {"vocab_size": 40, "max_position_embeddings": 16, "pad_token_id": 0}
GROUPED = TEXT | {"num_key_value_heads": 2, "head_dim": 4}
GPT = {"n_embd": 16, "n_layer": 2, "n_head": 4, "vocab_size": 40, "n_positions": 16}
PAIR = {"d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
        "decoder_attention_heads": 4, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
        "vocab_size": 40, "max_position_embeddings": 16, "pad_token_id": 0,
        "decoder_start_token_id": 1}  # fmt: skip
T5 = {"d_model": 16, "d_kv": 4, "d_ff": 32, "num_layers": 2, "num_decoder_layers": 2,
      "num_heads": 4, "vocab_size": 40, "decoder_start_token_id": 0}  # fmt: skip
IMAGE = HIDDEN | {"image_size": 8, "patch_size": 4}
SPEECH = HIDDEN | {"vocab_size": 10, "conv_dim": (8, 8), "conv_stride": (2, 2),
                   "conv_kernel": (3, 3), "num_feat_extract_layers": 2,
                   "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2}  # fmt: skip
MOE = GROUPED | {"num_local_experts": 4, "num_experts_per_tok": 2}
SMALL_T = HIDDEN | {"vocab_size": 40, "max_position_embeddings": 16}

TOKENS = {"input_ids": torch.ones(1, 1, dtype=torch.long)}
BOTH = TOKENS | {"decoder_input_ids": torch.ones(1, 1, dtype=torch.long)}


def pixels(size):
    return {"pixel_values": torch.zeros(1, 3, size, size)}


CASES = {
    "BertForSequenceClassification": (TEXT, TOKENS, ["BertLayer"]),
    "BertForPreTraining": (TEXT, TOKENS, ["BertLayer"]),
    "RobertaForMaskedLM": (TEXT, TOKENS, ["RobertaLayer"]),
    "ElectraForMaskedLM": (TEXT | {"embedding_size": 8}, TOKENS, ["ElectraLayer"]),
    "AlbertForMaskedLM": (TEXT | {"embedding_size": 8}, TOKENS, ["AlbertLayer"]),
    "DistilBertForSequenceClassification": (
        {"dim": 16, "hidden_dim": 32, "n_layers": 2, "n_heads": 4, "vocab_size": 40},
        TOKENS, ["TransformerBlock"]),
    "MPNetForMaskedLM": (TEXT, TOKENS, ["MPNetLayer"]),
    "ModernBertForMaskedLM": (TEXT | {"cls_token_id": 1, "sep_token_id": 2}, TOKENS,
                              ["ModernBertEncoderLayer"]),
    "T5ForConditionalGeneration": (T5, BOTH, ["T5Block"]),
    "MT5ForConditionalGeneration": (T5, BOTH, ["MT5Block"]),
    "BartForConditionalGeneration": (PAIR, BOTH, ["BartEncoderLayer", "BartDecoderLayer"]),
    "MarianMTModel": (PAIR, BOTH, ["MarianEncoderLayer", "MarianDecoderLayer"]),
    "PegasusForConditionalGeneration": (PAIR, BOTH,
                                        ["PegasusEncoderLayer", "PegasusDecoderLayer"]),
    "MBartForConditionalGeneration": (PAIR, BOTH, ["MBartEncoderLayer", "MBartDecoderLayer"]),
    "WhisperForConditionalGeneration": (
        PAIR | {"num_mel_bins": 8, "max_source_positions": 4},
        {"input_features": torch.zeros(1, 8, 8), "decoder_input_ids": BOTH["decoder_input_ids"]},
        ["WhisperEncoderLayer", "WhisperDecoderLayer"]),
    "GPT2LMHeadModel": (GPT, TOKENS, ["GPT2Block"]),
    "GPTJForCausalLM": (GPT | {"rotary_dim": 4}, TOKENS, ["GPTJBlock"]),
    "CodeGenForCausalLM": (GPT | {"rotary_dim": 4}, TOKENS, ["CodeGenBlock"]),
    "GPTNeoXForCausalLM": (TEXT, TOKENS, ["GPTNeoXLayer"]),
    "GPTNeoForCausalLM": (
        {"hidden_size": 16, "num_layers": 2, "num_heads": 4, "vocab_size": 40,
         "attention_types": [[["global"], 2]]}, TOKENS, ["GPTNeoBlock"]),
    "BloomForCausalLM": ({"hidden_size": 16, "n_layer": 2, "n_head": 4, "vocab_size": 40}, TOKENS,
                         ["BloomBlock"]),
    "FalconForCausalLM": (TEXT, TOKENS, ["FalconDecoderLayer"]),
    "OPTForCausalLM": (
        {"hidden_size": 16, "ffn_dim": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "vocab_size": 40, "max_position_embeddings": 16, "word_embed_proj_dim": 8},
        TOKENS, ["OPTDecoderLayer"]),
    "LlamaForCausalLM": (GROUPED, TOKENS, ["LlamaDecoderLayer"]),
    "MistralForCausalLM": (GROUPED, TOKENS, ["MistralDecoderLayer"]),
    "Qwen2ForCausalLM": (GROUPED, TOKENS, ["Qwen2DecoderLayer"]),
    "Qwen3ForCausalLM": (GROUPED, TOKENS, ["Qwen3DecoderLayer"]),
    "GemmaForCausalLM": (GROUPED, TOKENS, ["GemmaDecoderLayer"]),
    "PhiForCausalLM": (TEXT, TOKENS, ["PhiDecoderLayer"]),
    "Phi3ForCausalLM": (GROUPED, TOKENS, ["Phi3DecoderLayer"]),
    "MixtralForCausalLM": (MOE, TOKENS, ["MixtralDecoderLayer"]),
    "DeepseekV3ForCausalLM": (
        TEXT | {"num_key_value_heads": 4, "q_lora_rank": 8, "kv_lora_rank": 8,
                "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 4,
                "n_routed_experts": 4, "n_group": 1, "topk_group": 1, "num_experts_per_tok": 2,
                "moe_intermediate_size": 8, "first_k_dense_replace": 1},
        TOKENS, ["DeepseekV3DecoderLayer"]),
    "Wav2Vec2ForCTC": (SPEECH, {"input_values": torch.zeros(1, 32)}, ["Wav2Vec2EncoderLayer"]),
    "HubertForCTC": (SPEECH, {"input_values": torch.zeros(1, 32)}, ["HubertEncoderLayer"]),
    "ViTForImageClassification": (IMAGE, pixels(8), ["ViTLayer"]),
    "DeiTForImageClassification": (IMAGE, pixels(8), ["DeiTLayer"]),
    "BeitForImageClassification": (IMAGE, pixels(8), ["BeitLayer"]),
    "Dinov2ForImageClassification": (IMAGE, pixels(8), ["Dinov2Layer"]),
    "SwinForImageClassification": (
        {"image_size": 16, "patch_size": 2, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2],
         "window_size": 2}, pixels(16), ["SwinLayer"]),
    "CLIPModel": (
        {"text_config": SMALL_T, "vision_config": IMAGE, "projection_dim": 8},
        TOKENS | pixels(8), ["CLIPEncoderLayer"]),
    "SegformerForSemanticSegmentation": (
        {"num_encoder_blocks": 2, "depths": [1, 1], "sr_ratios": [2, 1], "hidden_sizes": [8, 16],
         "patch_sizes": [3, 3], "strides": [2, 2], "num_attention_heads": [2, 2],
         "mlp_ratios": [2, 2], "decoder_hidden_size": 8}, pixels(16), ["SegformerLayer"]),
    "ConvNextForImageClassification": (
        {"num_stages": 2, "hidden_sizes": [8, 16], "depths": [1, 2], "patch_size": 2},
        pixels(16), ["ConvNextLayer"]),
    "ResNetForImageClassification": (
        {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 2], "layer_type": "basic"},
        pixels(16), ["ResNetBasicLayer"]),
    "EfficientNetForImageClassification": (
        {"image_size": 16, "in_channels": [32, 8], "out_channels": [8, 16],
         "kernel_sizes": [3, 3], "strides": [1, 2], "num_block_repeats": [1, 1],
         "expand_ratios": [1, 2], "depthwise_padding": [], "hidden_dim": 1280,
         "width_coefficient": 1.0, "depth_coefficient": 1.0}, pixels(16), ["EfficientNetBlock"]),
    "MobileNetV2ForImageClassification": ({"image_size": 32, "depth_multiplier": 0.25},
                                          pixels(32), ["MobileNetV2InvertedResidual"]),
    "MambaForCausalLM": (
        {"hidden_size": 16, "num_hidden_layers": 2, "vocab_size": 40, "state_size": 4}, TOKENS,
        ["MambaBlock"]),
}  # fmt: skip

KNOWN = {
    "q_a_proj": "q",  # of the latent queries, of which `q_b_proj` makes those of the heads
    "kv_a_proj_with_mqa": "other",  # keys and values in one
}
"""What the forward does not show, by the attributes of the modules."""
ALLOWED = {"fused": [{"q", "k", "v"}, {"k", "v"}, {"other"}],
           "head": [{"other"}, {"classifier"}, {"conv"}]}  # fmt: skip
TABLES = ("relative_attention_bias",)
"""Embeddings that are added to the products of queries and keys: no operators."""


def build(name):
    sizes, inputs, classes = CASES[name]
    torch.manual_seed(0)
    kind = getattr(transformers, name)
    config = kind.config_class(**sizes)
    config._attn_implementation = "eager"
    return kind(config).eval(), inputs, classes


@pytest.mark.parametrize("name", CASES)
def test_roles_and_blocks_are_those_of_the_modules(name):
    network, inputs, classes = build(name)
    observer = Observer(network, classes)
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    names = [key.removesuffix(".weight") for key, shape in shapes.items() if len(shape) > 1]
    found = {}
    for layer in catalogue(shapes, infer_classifier(names)).layers:
        roles, places = found.setdefault(layer.parameter, (set(), set()))
        roles.add(layer.role)
        places.add(layer.block)
    with torch.no_grad(), observer:
        network(**inputs)
    wrong = {}
    for layer, (role, block) in observer.roles().items():
        attribute = layer.rpartition(".")[2]
        expected = ALLOWED.get(role, [{KNOWN.get(attribute, role)}])
        roles, places = found.get(f"{layer}.weight", (set(), set()))
        if (
            attribute not in TABLES
            and f"{layer}.weight" in shapes
            and (roles not in expected or places != {block})
        ):
            wrong[layer] = (role, block, roles, places)
    assert wrong == {}
    assert not any(
        f"{layer}.weight" in found for layer in observer.layers if layer.endswith(TABLES)
    )
