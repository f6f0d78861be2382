"""The KL autoencoder between pixels and 16-channel latents. Modules are called as the checkpoint's tensors are."""
import torch
import torch.nn.functional as F
from torch import nn


def by_itself(norm, x):
    """A group norm as it is: by the statistics of its input."""
    return norm(x)


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
        return self.decoder.pixels(self.decode_features(latents))

    def decode_features(self, latents):
        """What the finest level begins with, [B,C,H/2,W/2]."""
        return self.decoder.features(self.post_quant_conv(latents))

    def decode_tile(self, features, core, statistics=None):
        """The pixels of a rectangle and the statistics [norms,B,groups,2] of the group norms' inputs within it.

        `core`: top, left, height, width in places of the features; `statistics`: what the norms go by, as those that
        are returned; by default, by these. All of the features are run: there are no margins to choose here.
        """
        found = []

        def norm(module, x):
            own = statistics_of(module, crop(x, core))
            mean, variance = (own if statistics is None else statistics[len(found)]).unbind(-1)
            found.append(own)
            grouped = x.unflatten(1, (module.num_groups, -1))
            apart = grouped - mean[..., None, None, None]
            normed = (apart / (variance + module.eps).sqrt()[..., None, None, None]).flatten(1, 2)
            return normed * module.weight[:, None, None] + module.bias[:, None, None]

        return crop(self.decoder.pixels(features, norm), core), torch.stack(found)


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

    def features(self, x):
        x = self.mid(self.conv_in(x))
        for i, level in reversed(list(enumerate(self.up))[1:]):
            for block in level["block"]:
                x = block(x)
            if i > 1:
                x = level["upsample"](x)
        return x

    def pixels(self, x, norm=by_itself):
        x = self.up[1]["upsample"](x)
        for block in self.up[0]["block"]:
            x = block(x, norm)
        return self.conv_out(F.silu(norm(self.norm_out, x)))


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

    def forward(self, x, norm=by_itself):
        change = self.conv1(F.silu(norm(self.norm1, x)))
        change = self.conv2(F.silu(norm(self.norm2, change)))
        return self.nin_shortcut(x) + change


class Attention(nn.Module):
    """One head over all places of the image, scale 1/sqrt(channels)."""

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


def crop(x, core):
    """The pixels of a rectangle of features, each of whose places is two pixels."""
    top, left, height, width = (2 * side for side in core)
    return x[:, :, top : top + height, left : left + width]


def statistics_of(norm, x):
    """Mean and variance of each group, [B,groups,2]."""
    values = x.unflatten(1, (norm.num_groups, -1)).flatten(2)
    return torch.stack([values.mean(dim=2), values.var(dim=2, unbiased=False)], dim=2)


def conv3(channels_in, channels_out):
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)


def group_norm(channels, groups):
    return nn.GroupNorm(groups, channels, eps=1e-6)
