"""Roles and blocks of encoders with decoders, of several towers, and of rarer names of layers."""

import pytest

from tests.helpers.name_tables import check_names

CASES = {
    "ViT-MAE": """
        vit.embeddings.patch_embeddings.projection        stem     0  4
        decoder.decoder_embed                             other    0  bias
        vit.encoder.layer.0.attention.attention.query     q        1
        vit.encoder.layer.0.output.dense                  mlp_out  1
        decoder.decoder_layers.0.attention.attention.key  k        2
        decoder.decoder_layers.0.intermediate.dense       mlp_in   2
        decoder.decoder_pred                              other    3  bias
    """,
    "MAE as Meta keeps it": """
        patch_embed.proj                stem     0  4
        decoder_embed                   other    0  bias
        blocks.0.attn.proj              attn_out 1
        blocks.1.mlp.fc1                mlp_in   2
        decoder_blocks.0.mlp.fc2        mlp_out  3
        decoder_pred                    other    4  bias
    """,
    "Whisper as OpenAI keeps it": """
        encoder.conv1                          stem      0  3
        decoder.token_embedding                embedding 0
        encoder.blocks.0.attn.query            q         1
        encoder.blocks.0.attn.out              attn_out  1
        encoder.blocks.0.mlp.0                 mlp_in    1
        decoder.blocks.0.cross_attn.value      v         2
        decoder.blocks.0.cross_attn.out        attn_out  2
        decoder.blocks.0.mlp.2                 mlp_out   2
    """,
    "BLIP": """
        vision_model.encoder.layers.0.self_attn.projection                  attn_out 1
        text_decoder.bert.encoder.layer.0.crossattention.self.query         q        2
        text_decoder.bert.encoder.layer.0.crossattention.output.dense       attn_out 2
        text_decoder.cls.predictions.transform.dense                        other    3
        text_decoder.cls.predictions.decoder                                classifier 3
    """,
    "BLIP-2": """
        vision_model.encoder.layers.0.mlp.fc1                    mlp_in   1
        qformer.encoder.layer.0.attention.attention.query        q        2
        qformer.encoder.layer.0.output_query.dense               mlp_out  2
        language_model.model.decoder.layers.0.fc1                mlp_in   3
        language_model.lm_head                                   classifier 4
    """,
    "Segment Anything": """
        vision_encoder.patch_embed.projection             stem      0  4
        prompt_encoder.point_embed.0                      embedding 0
        mask_decoder.mask_tokens                          embedding 0
        vision_encoder.layers.0.mlp.lin1                  mlp_in    1
        mask_decoder.transformer.layers.0.mlp.lin2        mlp_out   2
        mask_decoder.iou_prediction_head.layers.0         other     3
    """,
    "SpeechT5": """
        speecht5.encoder.wrapped_encoder.layers.0.feed_forward.intermediate_dense  mlp_in 1
        speecht5.decoder.wrapped_decoder.layers.0.feed_forward.output_dense        mlp_out 2
        speech_decoder_postnet.layers.0.conv                                       conv 3  3
    """,
    "MusicGen": """
        decoder.model.decoder.embed_tokens.0                      embedding 0
        text_encoder.encoder.block.0.layer.0.SelfAttention.q      q         1
        decoder.model.decoder.layers.0.fc1                        mlp_in    2
        decoder.lm_heads.0                                        other     3
    """,
    "Switch Transformers": """
        encoder.block.0.layer.1.mlp.router.classifier      other   1
        encoder.block.0.layer.1.mlp.experts.expert_0.wi    mlp_in  1
        encoder.block.0.layer.1.mlp.experts.expert_0.wo    mlp_out 1
        decoder.block.0.layer.2.mlp.wi                     mlp_in  2
    """,
    "ProphetNet": """
        prophetnet.word_embeddings                                  embedding 0
        prophetnet.encoder.layers.0.feed_forward.intermediate       mlp_in    1
        prophetnet.encoder.layers.0.feed_forward.output             mlp_out   1
        prophetnet.decoder.layers.0.self_attn.relative_pos_embeddings other   2  bias
        lm_head                                                     classifier 3
    """,
    "LXMERT": """
        lxmert.encoder.layer.0.attention.output.dense             attn_out 1
        lxmert.encoder.x_layers.0.lang_self_att.self.query        q        2
        lxmert.encoder.x_layers.0.lang_self_att.output.dense      attn_out 2
        lxmert.encoder.x_layers.0.lang_inter.dense                mlp_in   2
        lxmert.encoder.x_layers.0.lang_output.dense               mlp_out  2
        cls.predictions.decoder                                   classifier 3
    """,
    "FLAVA": """
        image_model.encoder.layer.0.output.dense          mlp_out 1
        text_model.encoder.layer.0.output.dense           mlp_out 2
        multimodal_model.encoder.layer.0.output.dense     mlp_out 3
        image_projection                                  other   4
    """,
    "VisualBERT": """
        visual_bert.embeddings.visual_projection                  other 0
        visual_bert.encoder.layer.0.attention.self.query          q     1
        visual_bert.pooler.dense                                  other 2
    """,
    "XLNet": """
        transformer.word_embedding      embedding  0
        transformer.layer.0.ff.layer_1  mlp_in     1
        transformer.layer.0.ff.layer_2  mlp_out    1
        lm_loss                         classifier 2
    """,
    "Funnel": """
        funnel.encoder.blocks.0.0.attention.q_head      q        1
        funnel.encoder.blocks.0.0.attention.v_head      v        1
        funnel.encoder.blocks.0.0.attention.post_proj   attn_out 1
        funnel.decoder.layers.0.ffn.linear_1            mlp_in   2
    """,
    "Longformer": """
        longformer.encoder.layer.0.attention.self.query_global q 1
        longformer.encoder.layer.0.attention.self.key_global   k 1
        longformer.encoder.layer.0.attention.self.value_global v 1
        lm_head.dense                                          other 2
        lm_head.decoder                                        classifier 2
    """,
    "Perceiver": """
        perceiver.encoder.self_attends.0.attention.self.query  q       1
        perceiver.encoder.self_attends.1.mlp.dense2            mlp_out 2
    """,
    "data2vec of sound": """
        data2vec_audio.feature_extractor.conv_layers.0.conv    stem   0  3
        data2vec_audio.encoder.pos_conv_embed.layers.4.conv    other  0  3
        data2vec_audio.encoder.layers.0.attention.q_proj       q      1
        lm_head                                                classifier 2
    """,
    "NeMo": """
        encoder.pre_encode.conv.0                         stem   0  4
        encoder.layers.0.feed_forward1.linear1            mlp_in 1
        encoder.layers.0.self_attn.linear_out             attn_out 1
        decoder.decoder_layers.0                          conv   2  3
    """,
    "Pix2Struct": """
        encoder.embeddings.patch_projection                stem      0
        encoder.embeddings.row_embedder                    embedding 0
        encoder.encoder.layer.0.attention.output           attn_out  1
        decoder.layer.0.mlp.DenseReluDense.wo              mlp_out   2
        decoder.lm_head                                    classifier 3
    """,
    "AST": """
        audio_spectrogram_transformer.encoder.layer.0.output.dense  mlp_out    1
        classifier.dense                                            classifier 2
    """,
    "DINOv2": """
        blocks.0.attn.proj    attn_out 1
        blocks.0.mlp.w12      mlp_in   1
        blocks.0.mlp.w3       mlp_out  1
    """,
    "DeepSeek as its authors keep it": """
        embed                        embedding  0
        layers.0.attn.wq_a           q          1
        layers.0.attn.wq_b           q          1
        layers.0.attn.wkv_a          other      1
        layers.0.attn.wo             attn_out   1
        layers.0.ffn.experts.3.w2    mlp_out    1
        layers.0.ffn.gate            other      1
        head                         classifier 2
    """,
    "Megatron": """
        embedding.word_embeddings                    embedding  0
        decoder.layers.0.self_attention.linear_qkv   other      1
        decoder.layers.0.self_attention.linear_proj  attn_out   1
        decoder.layers.0.mlp.linear_fc1              mlp_in     1
        decoder.layers.0.mlp.linear_fc2              mlp_out    1
        output_layer                                 classifier 2
    """,
    "ChatGLM": """
        transformer.embedding.word_embeddings                embedding  0
        transformer.encoder.layers.0.self_attention.dense    attn_out   1
        transformer.encoder.layers.0.mlp.dense_4h_to_h       mlp_out    1
        transformer.output_layer                             classifier 2
    """,
    "Flux": """
        double_blocks.0.img_mlp.0       mlp_in   1
        double_blocks.0.txt_attn.proj   attn_out 1
        single_blocks.0.linear1         other    2
        single_blocks.0.linear2         other    2
        final_layer.linear              other    3
    """,
    "an autoencoder of latent diffusion": """
        encoder.conv_in                     stem       0  4
        encoder.down.0.block.0.conv1        conv       1  4
        encoder.mid.block_1.conv1           conv       2  4
        encoder.mid.attn_1.proj_out         conv       3  4
        encoder.mid.block_2.conv1           conv       4  4
        decoder.mid.block_1.conv1           conv       5  4
        decoder.up.0.block.0.conv1          conv       6  4
        decoder.up.0.block.0.nin_shortcut   downsample 6  4
        decoder.conv_out                    conv       7  4
    """,
    "HiFi-GAN": """
        conv_pre                 stem 0  3
        resblocks.0.convs1.0     conv 1  3
        conv_post                conv 2  3
    """,
    "llama.cpp": """
        token_embd                 embedding  0
        blk.0.attn_q               q          1
        blk.0.attn_k               k          1
        blk.0.attn_v               v          1
        blk.0.attn_output          attn_out   1
        blk.0.ffn_gate             mlp_in     1
        blk.0.ffn_up               mlp_in     1
        blk.0.ffn_down             mlp_out    1
        blk.10.ffn_gate_inp        other      2
        blk.10.ffn_up_shexp        mlp_in     2
        blk.10.attn_q_a            q          2
        output                     classifier 3
    """,
    "a pair of llama.cpp": """
        enc.blk.0.ffn_up           mlp_in     1
        dec.blk.0.attn_q           q          2
        dec.blk.0.cross_attn_o     attn_out   2
    """,
    "a ResNet of detectron2": """
        backbone.bottom_up.stem.conv1            stem       0  4
        backbone.bottom_up.res2.0.conv1          conv       1  4
        backbone.bottom_up.res3.0.shortcut       downsample 2  4
        roi_heads.box_predictor.cls_score        other      3
    """,
    "a pair of torch": """
        src_embed                                embedding 0
        encoder.layers.0.linear1                 mlp_in    1
        decoder.layers.0.multihead_attn.out_proj attn_out  2
        generator                                other     3
    """,
    "RWKV as its author keeps it": """
        emb                     embedding  0
        blocks.0.att.key        k          1
        blocks.0.att.output     attn_out   1
        blocks.0.ffn.key        mlp_in     1
        blocks.0.ffn.value      mlp_out    1
        head                    classifier 2
    """,
}


@pytest.mark.parametrize("family", CASES)
def test_roles_and_blocks_follow_from_names_in_any_order(family):
    check_names(CASES[family])
