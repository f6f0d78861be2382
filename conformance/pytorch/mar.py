"""The masked autoregressive transformer: an encoder of known image tokens, a decoder of all, and the diffusion head."""
import torch
import torch.nn.functional as F
from diffusion import DiffusionHead
from torch import nn


class Mar(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.side, self.buffers = sizes.side, sizes.buffers
        dim, places = sizes.dim, sizes.buffers + sizes.side**2
        self.fake_latent = nn.Parameter(torch.empty(1, dim))
        self.z_proj = nn.Linear(sizes.latent_channels, dim)
        self.z_proj_ln = layer_norm(dim)
        self.encoder_pos_embed_learned = nn.Parameter(torch.empty(1, places, dim))
        self.encoder_blocks = nn.ModuleList(Block(dim, sizes.heads) for _ in range(sizes.encoder_blocks))
        self.encoder_norm = layer_norm(dim)
        self.decoder_embed = nn.Linear(dim, dim)
        self.mask_token = nn.Parameter(torch.empty(1, 1, dim))
        self.decoder_pos_embed_learned = nn.Parameter(torch.empty(1, places, dim))
        self.decoder_blocks = nn.ModuleList(Block(dim, sizes.heads) for _ in range(sizes.decoder_blocks))
        self.decoder_norm = layer_norm(dim)
        self.diffusion_pos_embed_learned = nn.Parameter(torch.empty(1, sizes.side**2, dim))
        self.diffloss = nn.ModuleDict({"net": DiffusionHead(sizes)})

    def encode(self, tokens, positions, grid):
        """Known tokens [B,V,16] at positions [B,V] to [B,buffers+V,dim], the buffer tokens first."""
        table = self.resized(self.encoder_pos_embed_learned, grid)[0]
        buffers = (self.fake_latent + table[: self.buffers]).expand(len(tokens), -1, -1)
        known = self.z_proj(tokens) + table[self.buffers + positions]
        x = self.z_proj_ln(torch.cat([buffers, known], dim=1))
        for block in self.encoder_blocks:
            x = block(x)
        return self.encoder_norm(x)

    def decode(self, x, positions, predict, canvas, grid):
        """x [B,buffers+V,dim] of the known tokens to conditions [B,M,dim] at the positions `predict` [B,M].

        `canvas` [1,C,dim] takes the first C of the buffers + h·w places, mask tokens the others; known ones overwrite it.
        """
        full = self.placed(x, positions, canvas, grid)
        for block in self.decoder_blocks:
            full = block(full)
        return self.conditions(full[torch.arange(len(x))[:, None], self.buffers + predict], predict, grid)

    def decode_cached(self, x, positions, predict, canvas, grid, refresh, reuse, past):
        """As decode, but only the places `refresh` [B,K] and the predicted ones are computed. They also attend to the rows
        `reuse` [B,U] of the keys and values `past` of each block, [B,N,dim]. Returns the new keys and values, too.
        """
        row = torch.arange(len(x))[:, None]
        some = self.placed(x, positions, canvas, grid)[row, torch.cat([refresh, self.buffers + predict], dim=1)]
        present = []
        for block, (keys, values) in zip(self.decoder_blocks, past):
            some, new = block.cached(some, keys[row, reuse], values[row, reuse])
            present.append(new)
        return self.conditions(some[:, refresh.shape[1] :], predict, grid), present

    def placed(self, x, positions, canvas, grid):
        """The decoder's input at every place."""
        batch, _, dim = x.shape
        places = self.buffers + grid[0] * grid[1]
        full = self.mask_token.repeat(batch, places, 1)
        full[:, : canvas.shape[1]] = canvas
        row = torch.arange(batch)[:, None]
        buffer_places = torch.arange(self.buffers).expand(batch, -1)
        full[row, torch.cat([buffer_places, self.buffers + positions], dim=1)] = self.decoder_embed(x)
        return full + self.resized(self.decoder_pos_embed_learned, grid)

    def conditions(self, asked, predict, grid):
        return self.decoder_norm(asked) + self.resized(self.diffusion_pos_embed_learned, grid)[0, predict]

    def resized(self, table, grid):
        """A learned position table [1,buffers+side²,dim], or one without buffers, for another grid: bilinear."""
        buffers, cells = table.split([table.shape[1] - self.side**2, self.side**2], dim=1)
        if tuple(grid) == (self.side, self.side):
            return table
        image = cells.mT.unflatten(2, (self.side, self.side))
        image = F.interpolate(image, size=tuple(grid), mode="bilinear", align_corners=False)
        return torch.cat([buffers, image.flatten(2).mT], dim=1)


class Block(nn.Module):
    """A pre-norm transformer block that sees everything."""

    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.attn = layer_norm(dim), SelfAttention(dim, heads)
        self.norm2 = layer_norm(dim)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(dim, 4 * dim), "fc2": nn.Linear(4 * dim, dim)})

    def forward(self, x):
        return self.after_attention(x + self.attn(self.norm1(x)))

    def cached(self, x, past_keys, past_values):
        """Also sees these keys and values [B,U,dim]. Returns its own, too."""
        mixed, new = self.attn.cached(self.norm1(x), past_keys, past_values)
        return self.after_attention(x + mixed), new

    def after_attention(self, x):
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class SelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        return self.mixed(*self.qkv(x).chunk(3, dim=2))

    def cached(self, x, past_keys, past_values):
        query, key, value = self.qkv(x).chunk(3, dim=2)
        mixed = self.mixed(query, torch.cat([key, past_keys], dim=1), torch.cat([value, past_values], dim=1))
        return mixed, (key, value)

    def mixed(self, *parts):
        query, key, value = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts)
        return self.proj(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


def layer_norm(dim):
    return nn.LayerNorm(dim, eps=1e-6)
