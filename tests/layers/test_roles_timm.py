"""Roles and blocks of a network of every module of timm: against the classes of its modules."""

import pytest
import timm
import torch
from torch import nn

from tests.helpers.architectures import with_classifier
from weightscape.layers.catalogue import catalogue

BLOCKS = {
    "beit": "Block", "byoanet": "BottleneckBlock SelfAttnBlock", "cait": "LayerScaleBlock",
    "coat": "SerialBlock ParallelBlock", "maxxvit": "MbConvBlock TransformerBlock2d",
    "convit": "Block", "convnext": "ConvNeXtBlock", "cpubone": "ResidualBlock CPUBoneBlock",
    "cspnet": "BottleneckBlock", "deepseek_vit": "DeepseekVitBlock",
    "deit": "Block", "densenet": "DenseLayer", "dla": "DlaBottle2neck", "nfnet": "NormFreeBlock",
    "dpn": "DualPathBlock", "edgenext": "ConvBlock SplitTransposeBlock",
    "efficientvit_msra": "EfficientVitBlock", "eva": "EvaBlock", "fasternet": "MLPBlock",
    "fastvit": "RepMixerBlock", "focalnet": "FocalNetBlock", "gcvit": "GlobalContextVitBlock",
    "gemma4_vit": "Gemma4Block", "byobnet": "BasicBlock BottleneckBlock",
    "ghostnet": "GhostBottleneck ConvBnAct",
    "hardcorenas": "DepthwiseSeparableConv InvertedResidual ConvBnAct",
    "hgnet": "HighPerfGpuBlock", "hiera": "HieraBlock",
    "inception_next": "MetaNeXtBlock",
    "inception_v3": "InceptionA InceptionB InceptionC InceptionD InceptionE",
    "senet": "SEResNetBlock", "levit": "LevitBlock", "lowformer": "ResidualBlock LowFormerBlock",
    "mambaout": "GatedConvBlock", "mlp_mixer": "MixerBlock",
    "efficientnet": "DepthwiseSeparableConv InvertedResidual",
    "mobilenetv3": "DepthwiseSeparableConv InvertedResidual ConvBnAct",
    "mobilevit": "BottleneckBlock MobileVitBlock", "mvitv2": "MultiScaleBlock",
    "naflexvit": "Block", "nest": "TransformerLayer",
    "nextvit": "NextConvBlock NextTransformerBlock", "pit": "Block",
    "metaformer": "MetaFormerBlock", "pvt_v2": "Block", "qwen3_vit": "EvaBlock",
    "rdnet": "DenseBlock", "regnet": "Bottleneck", "repghost": "RepGhostBottleneck ConvBnAct",
    "res2net": "Bottle2neck", "resnest": "ResNestBottleneck", "resnet": "BasicBlock",
    "resnetv2": "PreActBottleneck", "hieradet_sam2": "MultiScaleBlock",
    "vision_transformer_sam": "Block", "selecsls": "SelecSlsBlock", "sequencer": "Sequencer2dBlock",
    "shvit": "BasicBlock", "sknet": "SelectiveKernelBasic", "swin_transformer":
    "SwinTransformerBlock", "swin_transformer_v2_cr": "SwinTransformerV2CrBlock",
    "swin_transformer_v2": "SwinTransformerV2Block", "tiny_vit": "MBConv TinyVitBlock",
    "tnt": "Block", "tresnet": "BasicBlock Bottleneck", "twins": "Block", "visformer": "Block",
    "vision_transformer_relpos": "ResPostRelPosBlock", "vision_transformer": "Block",
    "vision_transformer_hybrid": "Block", "vitamin": "MbConvLNBlock Block", "vovnet": "OsaBlock",
    "xception_aligned": "XceptionModule", "xcit": "XCABlock ClassAttentionBlock",
}  # fmt: skip
"""The classes of the blocks, by module of timm."""
NETWORKS = {module: names[0] for module, names in with_classifier().items()}
LAYERS = nn.Linear | nn.modules.conv._ConvNd
MLP = ("Mlp", "GluMlp", "SwiGLU", "ConvMlp")
SQUEEZE = ("SEModule", "SqueezeExcite", "EffectiveSEModule", "SqueezeExciteCl", "SEWithNorm")
ATTENTION = ("Attention", "Attn", "GPSA", "MHSA", "XCA")
SCATTERED = ("coat", "twins", "lowformer", "vitamin", "fasternet")
"""Modules whose networks are not made in the order in which they apply their layers."""


class Oracle:
    """Blocks and roles that follow from the classes of modules, in the order of their making."""

    def __init__(self, network, block_classes):
        self.modules = dict(network.named_modules())
        self.kinds = {name: type(module).__name__ for name, module in self.modules.items()}
        self.blocks = []
        for name, kind in self.kinds.items():
            if kind in block_classes and not any(name.startswith(f"{b}.") for b in self.blocks):
                self.blocks.append(name)

    def block(self, name):
        return next((i for i, b in enumerate(self.blocks, 1) if name.startswith(f"{b}.")), 0)

    def around(self, name, words):
        """Return the innermost module of one of the classes around a layer."""
        parts = name.split(".")
        outer = [".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]
        return next((each for each in outer if self.kinds.get(each) in words), None)

    def roles(self, name):
        """Return the roles that a layer within a block may have."""
        if self.around(name, SQUEEZE):
            return {"other"}
        is_conv = isinstance(self.modules[name], nn.modules.conv._ConvNd)
        kinds = {"conv" if is_conv else "other", "downsample", "mlp_in", "mlp_out"}
        if mlp := self.around(name, MLP):
            inner = [n for n, m in self.modules.items() if n.startswith(f"{mlp}.") and
                     isinstance(m, LAYERS) and getattr(m, "groups", 1) == 1]  # fmt: skip
            if name in inner and not self.is_within(name, ATTENTION):
                return {"mlp_out" if name == inner[-1] else "mlp_in"} | ({"conv"} & kinds)
        if self.is_within(name, ATTENTION):
            return kinds | {"q", "k", "v", "attn_out", "other"}
        return kinds

    def is_within(self, name, words):
        parts = name.split(".")
        kinds = [self.kinds[".".join(parts[:end])] for end in range(1, len(parts))]
        return any(word in kind for kind in kinds for word in words)


def layers_of(network, classifier):
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    return catalogue(shapes, classifier).layers


@pytest.mark.parametrize("module", BLOCKS)
def test_roles_and_blocks_are_those_of_the_modules(module):
    with torch.device("meta"):
        network = timm.create_model(NETWORKS[module])
    oracle = Oracle(network, BLOCKS[module].split())
    classifier = network.pretrained_cfg["classifier"]
    places = list(oracle.kinds)
    first, last = places.index(oracle.blocks[0]), places.index(oracle.blocks[-1])
    wrong = []
    for layer in layers_of(network, classifier):
        name = layer.parameter.removesuffix(".weight")
        if name not in oracle.modules or not isinstance(oracle.modules[name], LAYERS):
            continue
        if inside := oracle.block(name):
            if layer.block != inside or layer.role not in oracle.roles(name):
                wrong.append((layer.layer, layer.role, layer.block, inside, oracle.roles(name)))
        elif module in SCATTERED:
            if layer.role == "stem" and layer.block > 0:
                wrong.append((layer.layer, layer.role, layer.block))
        elif places.index(name) < first:
            if layer.block != 0 or layer.role not in ("stem", "other", "downsample"):
                wrong.append((layer.layer, layer.role, layer.block, "before"))
        elif layer.role == "stem" or (
            places.index(name) > last and layer.block < len(oracle.blocks)
        ):
            wrong.append((layer.layer, layer.role, layer.block, "behind"))
    assert wrong == []


@pytest.mark.parametrize("module", ["inception_resnet_v2", "nasnet", "pnasnet", "xception"])
def test_networks_whose_names_do_not_show_their_blocks_have_none(module):
    with torch.device("meta"):
        network = timm.create_model(NETWORKS[module])
    layers = layers_of(network, network.pretrained_cfg["classifier"])
    assert {layer.role for layer in layers} == {"conv", "classifier"}
    assert {layer.block for layer in layers} == {0, 1}
