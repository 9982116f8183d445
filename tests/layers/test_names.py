"""Roles and blocks of names that are no longer, or not, those of a library that is at hand."""

import pytest

from tests.helpers.name_tables import check_names

CASES = {
    "BART": """
        model.shared                              embedding  0
        model.encoder.embed_positions             embedding  0
        model.decoder.embed_positions             embedding  0
        model.encoder.layers.0.self_attn.q_proj   q          1
        model.encoder.layers.0.fc1                mlp_in     1
        model.encoder.layers.0.fc2                mlp_out    1
        model.encoder.layers.10.fc2               mlp_out    2
        model.decoder.layers.0.self_attn.out_proj attn_out   3
        model.decoder.layers.0.encoder_attn.k_proj k         3
        model.decoder.layers.1.fc1                mlp_in     4
        classification_head.dense                 other      5
        classification_head.out_proj              classifier 5
    """,
    "T5": """
        shared                                             embedding 0
        encoder.block.0.layer.0.SelfAttention.q            q         1
        encoder.block.0.layer.0.SelfAttention.o            attn_out  1
        encoder.block.0.layer.1.DenseReluDense.wi          mlp_in    1
        encoder.block.0.layer.1.DenseReluDense.wo          mlp_out   1
        encoder.block.1.layer.1.DenseReluDense.wi_0        mlp_in    2
        encoder.block.1.layer.1.DenseReluDense.wi_1        mlp_in    2
        decoder.block.0.layer.1.EncDecAttention.v          v         3
        decoder.block.0.layer.2.DenseReluDense.wo          mlp_out   3
        lm_head                                            classifier 4
    """,
    "BERT": """
        bert.embeddings.word_embeddings                  embedding  0
        bert.embeddings.token_type_embeddings            embedding  0
        bert.encoder.layer.0.attention.self.query        q          1
        bert.encoder.layer.0.attention.output.dense      attn_out   1
        bert.encoder.layer.0.intermediate.dense          mlp_in     1
        bert.encoder.layer.0.output.dense                mlp_out    1
        bert.pooler.dense                                other      2
        cls.predictions.transform.dense                  other      2
        cls.seq_relationship                             other      2
        classifier                                       classifier 2
    """,
    "RoBERTa": """
        roberta.encoder.layer.0.output.dense  mlp_out    1
        lm_head.dense                         other      2
        lm_head.decoder                       classifier 2
    """,
    "DistilBERT": """
        distilbert.embeddings.word_embeddings                  embedding  0
        distilbert.transformer.layer.0.attention.q_lin         q          1
        distilbert.transformer.layer.0.attention.out_lin       attn_out   1
        distilbert.transformer.layer.0.ffn.lin1                mlp_in     1
        distilbert.transformer.layer.0.ffn.lin2                mlp_out    1
        pre_classifier                                         other      2
        classifier                                             classifier 2
    """,
    "Pythia": """
        gpt_neox.embed_in                                embedding  0
        gpt_neox.layers.0.attention.query_key_value      other      1
        gpt_neox.layers.0.attention.dense                attn_out   1
        gpt_neox.layers.0.mlp.dense_h_to_4h              mlp_in     1
        gpt_neox.layers.0.mlp.dense_4h_to_h              mlp_out    1
        embed_out                                        classifier 2
    """,
    "OPT": """
        model.decoder.embed_tokens               embedding 0
        model.decoder.project_in                 other     0
        model.decoder.layers.0.self_attn.v_proj  v         1
        model.decoder.layers.0.fc1               mlp_in    1
        model.decoder.project_out                other     2
        lm_head                                  classifier 2
    """,
    "Llama as Meta keeps it": """
        tok_embeddings                    embedding  0
        layers.0.attention.wq             q          1
        layers.0.attention.wk             k          1
        layers.0.attention.wv             v          1
        layers.0.attention.wo             attn_out   1
        layers.0.feed_forward.w1          mlp_in     1
        layers.0.feed_forward.w3          mlp_in     1
        layers.0.feed_forward.w2          mlp_out    1
        output                            classifier 2
    """,
    "nanoGPT": """
        transformer.wte                   embedding  0
        transformer.wpe                   embedding  0
        transformer.h.0.attn.c_proj       attn_out   1
        transformer.h.0.mlp.c_fc          mlp_in     1
        transformer.h.0.mlp.c_proj        mlp_out    1
        transformer.h.11.mlp.c_fc         mlp_in     2
        lm_head                           classifier 3
    """,
    "fairseq": """
        encoder.embed_tokens                     embedding  0
        encoder.layers.0.self_attn.k_proj        k          1
        encoder.layers.0.fc1                     mlp_in     1
        decoder.layers.0.encoder_attn.out_proj   attn_out   2
        decoder.layers.0.fc2                     mlp_out    2
        decoder.output_projection                classifier 3
    """,
    "RWKV": """
        rwkv.embeddings                        embedding  0
        rwkv.blocks.0.attention.key            k          1
        rwkv.blocks.0.attention.value          v          1
        rwkv.blocks.0.attention.receptance     other      1
        rwkv.blocks.0.attention.output         attn_out   1
        rwkv.blocks.0.feed_forward.key         mlp_in     1
        rwkv.blocks.0.feed_forward.value       mlp_out    1
        rwkv.blocks.0.feed_forward.receptance  other      1
        head                                   classifier 2
    """,
    "DeepSeek": """
        model.embed_tokens                                 embedding 0
        model.layers.0.self_attn.q_a_proj                  q         1
        model.layers.0.self_attn.q_b_proj                  q         1
        model.layers.0.self_attn.kv_a_proj_with_mqa        other     1
        model.layers.0.self_attn.o_proj                    attn_out  1
        model.layers.0.mlp.gate                            other     1
        model.layers.0.mlp.experts.7.gate_proj             mlp_in    1
        model.layers.0.mlp.experts.7.down_proj             mlp_out   1
        model.layers.0.mlp.shared_experts.up_proj          mlp_in    1
    """,
    "CLIP as OpenAI keeps it": """
        token_embedding                                embedding 0
        visual.conv1                                   stem      0  4
        visual.transformer.resblocks.0.mlp.c_fc        mlp_in    1
        visual.transformer.resblocks.1.mlp.c_proj      mlp_out   2
        transformer.resblocks.0.attn.out_proj          attn_out  3
        transformer.resblocks.1.mlp.c_fc               mlp_in    4
        text_projection                                other     5
    """,
    "CLIP": """
        text_model.embeddings.token_embedding               embedding 0
        vision_model.embeddings.patch_embedding             stem      0  4
        text_model.encoder.layers.0.self_attn.q_proj        q         1
        text_model.encoder.layers.1.mlp.fc1                 mlp_in    2
        vision_model.encoder.layers.0.self_attn.q_proj      q         3
        vision_model.encoder.layers.1.mlp.fc2               mlp_out   4
        text_projection                                     other     5
        visual_projection                                   other     5
    """,
    "LLaVA": """
        vision_tower.vision_model.embeddings.patch_embedding        stem     0  4
        vision_tower.vision_model.encoder.layers.0.mlp.fc1          mlp_in   1
        language_model.model.layers.0.mlp.up_proj                   mlp_in   2
        language_model.model.layers.1.mlp.down_proj                 mlp_out  3
        language_model.lm_head                                      classifier 4
    """,
    "SegFormer": """
        segformer.encoder.patch_embeddings.0.proj             stem       0  4
        segformer.encoder.block.0.0.attention.self.query      q          1
        segformer.encoder.block.0.1.mlp.dense1                mlp_in     2
        segformer.encoder.block.0.1.mlp.dwconv.dwconv         conv       2  4
        segformer.encoder.patch_embeddings.1.proj             downsample 2  4
        segformer.encoder.block.1.0.attention.output.dense    attn_out   3
        segformer.encoder.block.1.0.mlp.dense2                mlp_out    3
        decode_head.linear_c.0.proj                           other      4
        decode_head.classifier                                classifier 4  4
    """,
    "SegFormer as NVIDIA keeps it": """
        patch_embed1.proj          stem       0  4
        block1.0.attn.q            q          1
        block1.1.mlp.fc1           mlp_in     2
        patch_embed2.proj          downsample 2  4
        block2.0.mlp.fc2           mlp_out    3
    """,
    "ConvNeXt as Meta keeps it": """
        downsample_layers.0.0      stem       0  4
        stages.0.0.dwconv          conv       1  4
        stages.0.0.pwconv1         mlp_in     1
        stages.0.1.pwconv2         mlp_out    2
        downsample_layers.1.1      downsample 2  4
        stages.1.0.dwconv          conv       3  4
        head                       classifier 4
    """,
    "EfficientNet-PyTorch": """
        _conv_stem                       stem       0  4
        _blocks.0._depthwise_conv        conv       1  4
        _blocks.0._se_reduce             other      1  4
        _blocks.0._project_conv          conv       1  4
        _blocks.10._expand_conv          conv       2  4
        _conv_head                       conv       3  4
        _fc                              classifier 3
    """,
    "EfficientNet of timm": """
        conv_stem                        stem       0  4
        blocks.0.0.conv_dw               conv       1  4
        blocks.0.0.se.conv_reduce        other      1  4
        blocks.1.0.conv_pwl              conv       2  4
        blocks.1.1.conv_pwl              conv       3  4
        conv_head                        conv       4  4
        classifier                       classifier 4
    """,
    "DETR": """
        backbone.0.body.conv1                           stem     0  4
        backbone.0.body.layer1.0.conv1                  conv     1  4
        transformer.encoder.layers.0.linear1            mlp_in   2
        transformer.decoder.layers.0.linear2            mlp_out  3
        transformer.decoder.layers.0.multihead_attn.out_proj attn_out 3
        query_embed                                     embedding 0
        class_embed                                     classifier 4
        bbox_embed.layers.0                             other    4
        bbox_embed.layers.1                             other    4
    """,
    "XLM": """
        transformer.embeddings               embedding 0
        transformer.attentions.0.q_lin       q         1
        transformer.attentions.0.out_lin     attn_out  1
        transformer.ffns.0.lin1              mlp_in    1
        transformer.attentions.1.k_lin       k         2
        transformer.ffns.1.lin2              mlp_out   2
        pred_layer.proj                      classifier 3
    """,
    "a UNet of diffusers": """
        conv_in                                                          stem       0  4
        down_blocks.0.resnets.0.conv1                                    conv       1  4
        down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q       q          2
        down_blocks.0.attentions.0.transformer_blocks.0.ff.net.0.proj    mlp_in     2
        down_blocks.0.resnets.1.conv1                                    conv       3  4
        down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0   attn_out   4
        down_blocks.0.downsamplers.0.conv                                downsample 4  4
        down_blocks.1.resnets.0.conv1                                    conv       5  4
        mid_block.resnets.0.conv2                                        conv       6  4
        mid_block.attentions.0.transformer_blocks.0.ff.net.2             mlp_out    7
        mid_block.resnets.1.conv2                                        conv       8  4
        up_blocks.0.resnets.0.conv_shortcut                              downsample 9  4
        up_blocks.0.upsamplers.0.conv                                    conv       9  4
        up_blocks.1.resnets.0.conv1                                      conv       10 4
        conv_out                                                         conv       11 4
    """,
    "a UNet of latent diffusion": """
        model.diffusion_model.input_blocks.0.0                               stem   0  4
        model.diffusion_model.input_blocks.1.0.in_layers.2                   conv   1  4
        model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q q    2
        model.diffusion_model.middle_block.0.in_layers.2                     conv   3  4
        model.diffusion_model.output_blocks.0.0.out_layers.3                 conv   4  4
    """,
    "what is no stem": """
        mystery                       other 0
        a_convolution                 other 0  4
        model.layers.0.mlp.up_proj    mlp_in 1
    """,
    "no blocks": """
        conv1                         conv  0  4
        fc                            classifier 1
    """,
}


@pytest.mark.parametrize("family", CASES)
def test_roles_and_blocks_follow_from_names_in_any_order(family):
    check_names(CASES[family])
