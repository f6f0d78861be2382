"""The KL autoencoder between pixels and 16-channel latents. Modules are called as the checkpoint's tensors are."""
import torch.nn.functional as F
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.encoder, self.decoder = Encoder(sizes), Decoder(sizes)
        self.quant_conv = nn.Conv2d(2 * sizes.latent_channels, 2 * sizes.latent_channels, 1)
        self.post_quant_conv = nn.Conv2d(sizes.latent_channels, sizes.latent_channels, 1)

    def encode(self, pixels):
        """[B,3,H,W] to the posterior's mean [B,16,h,w]."""
        mean, _ = self.quant_conv(self.encoder(pixels)).chunk(2, dim=1)
        return mean

    def decode(self, latents):
        return self.decoder(self.post_quant_conv(latents))


class Encoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        groups, width = sizes.norm_groups, sizes.vae_base
        self.conv_in = conv3(3, width)
        self.down = nn.ModuleList()
        for i, channels in enumerate(sizes.vae_levels):
            inputs = [width] + [channels] * (sizes.vae_encoder_blocks - 1)
            level = nn.ModuleDict({"block": nn.ModuleList(ResBlock(c, channels, groups) for c in inputs)})
            if i == len(sizes.vae_levels) - 1:
                level["attn"] = nn.ModuleList(Attention(channels, groups) for _ in inputs)
            else:
                level["downsample"] = Downsample(channels)
            self.down.append(level)
            width = channels
        self.mid = Middle(width, groups)
        self.norm_out = group_norm(width, groups)
        self.conv_out = conv3(width, 2 * sizes.latent_channels)

    def forward(self, x):
        x = self.conv_in(x)
        for level in self.down:
            for i, block in enumerate(level["block"]):
                x = block(x)
                if "attn" in level:
                    x = level["attn"][i](x)
            if "downsample" in level:
                x = level["downsample"](x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        groups, width = sizes.norm_groups, sizes.vae_levels[-1]
        self.conv_in = conv3(sizes.latent_channels, width)
        self.mid = Middle(width, groups)
        levels = []
        for i, channels in reversed(list(enumerate(sizes.vae_levels))):
            inputs = [width] + [channels] * (sizes.vae_decoder_blocks - 1)
            level = nn.ModuleDict({"block": nn.ModuleList(ResBlock(c, channels, groups) for c in inputs)})
            if i > 0:
                level["upsample"] = Upsample(channels)
            levels.append(level)
            width = channels
        self.up = nn.ModuleList(reversed(levels))  # numbered from the finest, run from the coarsest
        self.norm_out = group_norm(width, groups)
        self.conv_out = conv3(width, 3)

    def forward(self, x):
        x = self.mid(self.conv_in(x))
        for level in reversed(self.up):
            for block in level["block"]:
                x = block(x)
            if "upsample" in level:
                x = level["upsample"](x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Middle(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.block_1 = ResBlock(channels, channels, groups)
        self.attn_1 = Attention(channels, groups)
        self.block_2 = ResBlock(channels, channels, groups)

    def forward(self, x):
        return self.block_2(self.attn_1(self.block_1(x)))


class ResBlock(nn.Module):
    def __init__(self, channels_in, channels_out, groups):
        super().__init__()
        self.norm1, self.conv1 = group_norm(channels_in, groups), conv3(channels_in, channels_out)
        self.norm2, self.conv2 = group_norm(channels_out, groups), conv3(channels_out, channels_out)
        same = channels_in == channels_out
        self.nin_shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x):
        change = self.conv1(F.silu(self.norm1(x)))
        change = self.conv2(F.silu(self.norm2(change)))
        return self.nin_shortcut(x) + change


class Attention(nn.Module):
    """One head over all places of the picture, scale 1/sqrt(channels)."""

    def __init__(self, channels, groups):
        super().__init__()
        self.norm = group_norm(channels, groups)
        self.q, self.k, self.v = (nn.Conv2d(channels, channels, 1) for _ in range(3))
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        normed = self.norm(x)
        query, key, value = (conv(normed).flatten(2).mT for conv in (self.q, self.k, self.v))
        attended = F.scaled_dot_product_attention(query, key, value)
        return x + self.proj_out(attended.mT.reshape(x.shape))


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))  # at the right and the bottom only


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = conv3(channels, channels)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


def conv3(channels_in, channels_out):
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)


def group_norm(channels, groups):
    return nn.GroupNorm(groups, channels, eps=1e-6)
