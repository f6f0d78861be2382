"""The model: one method for each graph of docs/graphs.md, with the shapes written there."""
import math
from dataclasses import dataclass

import torch
from autoencoder import Autoencoder
from checkpoint import CheckpointError
from diffusion import Schedule, sample
from mar import Mar
from torch import nn
from transformers import DynamicCache, Qwen2Config, Qwen2ForCausalLM, SiglipVisionConfig, SiglipVisionModel
from transformers.models.qwen2.modeling_qwen2 import Qwen2RMSNorm

PUBLISHED_HEADS = {768: 12, 1024: 16, 1280: 16, 1536: 16}  # of the MAR transformer, by its width


@dataclass(frozen=True)
class Sizes:
    """What the tensors tell of the autoencoder and the MAR transformer, and what they do not tell."""

    vae_base: int
    vae_levels: list  # channels at each resolution, the finest first
    vae_encoder_blocks: int  # in each level
    vae_decoder_blocks: int
    norm_groups: int
    latent_channels: int
    latent_scale: float
    dim: int
    heads: int
    encoder_blocks: int
    decoder_blocks: int
    buffers: int
    side: int  # of the trained grid, in tokens
    head_width: int
    head_blocks: int
    max_beta: float

    @staticmethod
    def of(checkpoint):
        dim = checkpoint.shape("mar.encoder_norm.weight")[0]
        heads = checkpoint.override("mar", "num_heads", PUBLISHED_HEADS.get(dim, 0))
        if heads < 1 or dim % heads:
            raise CheckpointError(
                f"the MAR heads cannot be read off the tensors (dim {dim}): put"
                ' {"mar": {"num_heads": N}} into unipic_config.json'
            )
        cells = checkpoint.shape("mar.diffusion_pos_embed_learned")[1]
        side = math.isqrt(cells)
        if side * side != cells:
            raise CheckpointError(f"mar.diffusion_pos_embed_learned has {cells} positions, which is not a square grid")
        groups = checkpoint.override("vae", "norm_groups", 32)
        first_convolution = "vae.encoder.down.{}.block.0.conv1.weight"
        base = checkpoint.shape("vae.encoder.conv_in.weight")[0]
        levels = [checkpoint.shape(first_convolution.format(i))[0] for i in range(checkpoint.count(first_convolution))]
        if groups < 1 or any(channels % groups for channels in [base, *levels]):
            raise CheckpointError(
                f"the autoencoder's channels {levels} are not multiples of {groups} norm groups: put"
                ' {"vae": {"norm_groups": N}} into unipic_config.json'
            )
        return Sizes(
            vae_base=base,
            vae_levels=levels,
            vae_encoder_blocks=checkpoint.count("vae.encoder.down.0.block.{}.conv1.weight"),
            vae_decoder_blocks=checkpoint.count("vae.decoder.up.0.block.{}.conv1.weight"),
            norm_groups=groups,
            latent_channels=checkpoint.shape("mar.z_proj.weight")[1],
            latent_scale=checkpoint.override("vae", "scale", 0.2325),
            dim=dim,
            heads=heads,
            encoder_blocks=checkpoint.count("mar.encoder_blocks.{}.norm1.weight"),
            decoder_blocks=checkpoint.count("mar.decoder_blocks.{}.norm1.weight"),
            buffers=checkpoint.shape("mar.encoder_pos_embed_learned")[1] - cells,
            side=side,
            head_width=checkpoint.shape("mar.diffloss.net.input_proj.weight")[0],
            head_blocks=checkpoint.count("mar.diffloss.net.res_blocks.{}.in_ln.weight"),
            max_beta=checkpoint.override("diffusion", "max_beta", 0.2),
        )

    @property
    def downsampling(self):
        return 2 ** (len(self.vae_levels) - 1)


class UniPic(nn.Module):
    """Runs in torch's default dtype at the time of loading."""

    def __init__(self, sizes, language, vision):
        super().__init__()
        self.sizes = sizes
        self.vae = Autoencoder(sizes)
        self.mar = Mar(sizes)
        self.llm = language_model(language)
        self.proj_in = projector(sizes.dim, language.hidden_size, language.hidden_size)
        self.proj_out = projector(language.hidden_size, language.hidden_size, sizes.dim)
        self.vision = vision
        if vision:
            self.siglip2 = SiglipVisionModel(vision)
            self.siglip2_proj = projector(vision.hidden_size, language.hidden_size, language.hidden_size)

    @staticmethod
    def load(checkpoint):
        """The model with the checkpoint's weights, and the names of the tensors it has no use for."""
        tensors = dict(checkpoint.tensors)
        language = Qwen2Config.from_dict(checkpoint.language_config)
        language.vocab_size = checkpoint.shape("llm.model.embed_tokens.weight")[0]
        language._attn_implementation = "sdpa"
        if language.tie_word_embeddings or "llm.lm_head.weight" not in tensors:
            tensors["llm.lm_head.weight"] = tensors["llm.model.embed_tokens.weight"]
        vision = None
        if checkpoint.names("siglip2."):
            if checkpoint.vision_config is None:
                raise CheckpointError(
                    f"{checkpoint.folder} has SigLIP2 tensors but no folder with SigLIP2's config.json; add it"
                )
            vision = SiglipVisionConfig.from_dict({**checkpoint.vision_config, "vision_use_head": False})
            vision._attn_implementation = "sdpa"
        model = UniPic(Sizes.of(checkpoint), language, vision).eval()
        expected = model.state_dict()
        for name, tensor in expected.items():
            if name not in tensors:
                raise CheckpointError(f"tensor {name} is missing in {checkpoint.folder}; is the checkpoint complete?")
            if tensors[name].shape != tensor.shape:
                raise CheckpointError(
                    f"tensor {name} has shape {list(tensors[name].shape)}, but {list(tensor.shape)} is expected;"
                    " do the weights and config.json belong together?"
                )
        model.load_state_dict({name: tensors[name] for name in expected})
        return model, sorted(tensors.keys() - expected.keys())

    @property
    def hidden_size(self):
        return self.llm.config.hidden_size

    def manifest_sizes(self):
        """As "sizes" in a model folder's unipic.json."""
        language = self.llm.config
        return {
            "hidden": language.hidden_size,
            "layers": language.num_hidden_layers,
            "kv_heads": language.num_key_value_heads,
            "head_dim": self.llm.model.layers[0].self_attn.head_dim,
            "vocabulary": language.vocab_size,
            "context": language.max_position_embeddings,
            "buffer_tokens": self.sizes.buffers,
            "mar_dim": self.sizes.dim,
            "latent_channels": self.sizes.latent_channels,
            "downsampling": self.sizes.downsampling,
            "native_grid": self.sizes.side,
            "vision_image": self.vision.image_size if self.vision else 0,
        }

    def text_embedding(self, ids):
        return self.llm.get_input_embeddings()(ids)

    def text_head(self, hidden):
        return self.llm.lm_head(hidden)

    def vision_encoder(self, pixels):
        return self.siglip2_proj(self.siglip2(pixels).last_hidden_state)

    def pixel_encoder(self, pixels):
        return self.vae.encode(pixels).permute(0, 2, 3, 1) * self.sizes.latent_scale

    def pixel_decoder(self, latents):
        return self.vae.decode((latents / self.sizes.latent_scale).permute(0, 3, 1, 2))

    def pixel_decoder_features(self, latents):
        return self.vae.decode_features((latents / self.sizes.latent_scale).permute(0, 3, 1, 2))

    def pixel_decoder_tile(self, features, core, statistics=None):
        """(pixels, core_statistics); without statistics the core goes by its own."""
        return self.vae.decode_tile(features, core, statistics)

    def mar_encoder(self, tokens, positions, grid):
        """(x_enc, z_enc)."""
        encoded = self.mar.encode(tokens, positions, grid)
        return encoded, self.proj_in(encoded).roll(-self.sizes.buffers, dims=1)

    def canvas(self, encoded):
        """The third output of the graph mar_encoder: what the decoder sees of a whole image that is edited."""
        return self.mar.decoder_embed(encoded)

    def decoder_step(self, embeds, past=(), shown=None):
        """(hidden [B,S,D], present): embeds [B,S,D] after the past.

        `past` and `present`: for each layer keys and values [B,kv,P,hd] and [B,kv,P+S,hd]; `shown` [B,P]: the places of
        the past that are seen, by default all.
        """
        batch, new, _ = embeds.shape
        before = past[0][0].shape[2] if past else 0
        if shown is None:
            shown = torch.ones(batch, before, dtype=torch.bool)
        cache = DynamicCache()
        for layer, (keys, values) in enumerate(past):
            cache.update(keys, values, layer)
        causal = torch.ones(new, new, dtype=torch.bool).tril()
        mask = torch.cat([shown[:, None].expand(-1, new, -1), causal.expand(batch, -1, -1)], dim=2)
        output = self.llm.model(
            inputs_embeds=embeds,
            attention_mask=mask[:, None],
            position_ids=shown.sum(dim=1, keepdim=True) + torch.arange(new),
            past_key_values=cache,
            use_cache=True,
        )
        return output.last_hidden_state, [(layer.keys, layer.values) for layer in output.past_key_values.layers]

    def mar_decoder(self, encoded, llm_hidden, positions, predict, canvas, grid):
        """Rows of encoded, positions and predict repeat cyclically to those of llm_hidden."""
        row, known = self.known(encoded, llm_hidden)
        return self.mar.decode(known, positions[row], predict[row], canvas, grid)

    def mar_decoder_cached(self, encoded, llm_hidden, positions, predict, canvas, grid, refresh, reuse, past):
        """As mar_decoder; refresh and reuse repeat, too. The keys and values that it gives are those of the first rows."""
        row, known = self.known(encoded, llm_hidden)
        z, present = self.mar.decode_cached(
            known, positions[row], predict[row], canvas, grid, refresh[row], reuse[row], past
        )
        return z, [(keys[: len(encoded)], values[: len(encoded)]) for keys, values in present]

    def known(self, encoded, llm_hidden):
        row = torch.arange(len(llm_hidden)) % len(encoded)
        return row, encoded[row] + self.proj_out(llm_hidden.roll(self.sizes.buffers, dims=1))

    def diffusion_head(self, x, timestep, z):
        return self.mar.diffloss["net"](x, timestep, z)

    def token_sampler(self, z, noise, steps, guidance, temperature):
        return sample(self.mar.diffloss["net"], z, noise, Schedule(steps, self.sizes.max_beta), guidance, temperature)


def language_model(config):
    """Qwen2, with torch's RMSNorm in place of its own, which rounds to float32 even in a float64 model."""
    model = Qwen2ForCausalLM(config)
    for name, module in list(model.named_modules()):
        if isinstance(module, Qwen2RMSNorm):
            model.set_submodule(name, nn.RMSNorm(config.hidden_size, eps=config.rms_norm_eps))
    return model


def projector(width_in, width, width_out):
    return nn.Sequential(nn.Linear(width_in, width), nn.SiLU(), nn.Linear(width, width_out))
