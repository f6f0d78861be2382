"""The diffusion head: it draws an image token's 16 numbers, given its condition."""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

FREQUENCIES = 128
BASE_STEPS = 1000


class DiffusionHead(nn.Module):
    """One evaluation: x [M,16], timestep (0 to 999) and z [M,dim] to epsilon and variance interpolation [M,32]."""

    def __init__(self, sizes):
        super().__init__()
        width = sizes.head_width
        self.time_embed = nn.ModuleDict({"mlp": mlp(2 * FREQUENCIES, width)})
        self.cond_embed = nn.Linear(sizes.dim, width)
        self.input_proj = nn.Linear(sizes.latent_channels, width)
        self.res_blocks = nn.ModuleList(ResidualBlock(width) for _ in range(sizes.head_blocks))
        self.final_layer = FinalLayer(width, 2 * sizes.latent_channels)

    def forward(self, x, timestep, z):
        # Angles, sines and cosines are float32, as published, whatever the weights are.
        frequencies = torch.exp(-math.log(10000) * torch.arange(FREQUENCIES, dtype=torch.float32) / FREQUENCIES)
        angles = timestep * frequencies
        time = torch.cat([angles.cos(), angles.sin()]).to(z.dtype)
        condition = F.silu(self.time_embed["mlp"](time) + self.cond_embed(z))
        x = self.input_proj(x)
        for block in self.res_blocks:
            x = block(x, condition)
        return self.final_layer(x, condition)


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.in_ln = nn.LayerNorm(width, eps=1e-6)
        self.mlp = mlp(width, width)
        self.adaLN_modulation = modulation(width, 3)

    def forward(self, x, condition):
        shift, scale, gate = self.adaLN_modulation(condition).chunk(3, dim=1)
        return x + gate * self.mlp(self.in_ln(x) * (1 + scale) + shift)


class FinalLayer(nn.Module):
    def __init__(self, width, channels):
        super().__init__()
        self.norm_final = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.linear = nn.Linear(width, channels)
        self.adaLN_modulation = modulation(width, 2)

    def forward(self, x, condition):
        shift, scale = self.adaLN_modulation(condition).chunk(2, dim=1)
        return self.linear(self.norm_final(x) * (1 + scale) + shift)


def mlp(width_in, width):
    return nn.Sequential(nn.Linear(width_in, width), nn.SiLU(), nn.Linear(width, width))


def modulation(width, parts):
    """Number 1 of a pair in the checkpoint; number 0 is the SiLU that the head applies once for all."""
    return nn.Sequential(nn.Identity(), nn.Linear(width, parts * width))


class Schedule:
    """A cosine schedule of 1000 steps (Nichol and Dhariwal 2021), its betas capped, respaced to `steps`.

    `timesteps` [T] descending; `coefficients` [T,6] per step: sqrt(1/ᾱ), sqrt(1/ᾱ - 1), the posterior mean's
    coefficients of x0 and of x, the clipped log posterior variance, log β; computed in float64, rounded to float32.
    """

    def __init__(self, steps, max_beta):
        times = np.arange(BASE_STEPS + 1) / BASE_STEPS
        bar = np.cos((times + 0.008) / 1.008 * np.pi / 2) ** 2
        products = np.cumprod(1 - np.minimum(1 - bar[1:] / bar[:-1], max_beta))
        used = self._respace(steps)
        alpha = products[used]
        previous = np.concatenate([[1.0], alpha[:-1]])
        beta = 1 - alpha / previous
        variance = beta * (1 - previous) / (1 - alpha)
        variance[0] = variance[1] if steps > 1 else beta[0]  # it is 0, whose logarithm would not do
        columns = (
            np.sqrt(1 / alpha),
            np.sqrt(1 / alpha - 1),
            beta * np.sqrt(previous) / (1 - alpha),
            (1 - previous) * np.sqrt(1 - beta) / (1 - alpha),
            np.log(variance),
            np.log(beta),
        )
        self.timesteps = used[::-1]
        self.coefficients = torch.from_numpy(np.stack(columns, axis=1)[::-1].astype(np.float32))

    @staticmethod
    def _respace(steps):
        """Even strides from 0 to 999, added up, then rounded half to even."""
        stride = (BASE_STEPS - 1) / (steps - 1) if steps > 1 else 1
        used, position = [], 0.0
        for _ in range(steps):
            used.append(round(position))
            position += stride
        return used


def sample(head, z, noise, schedule, guidance, temperature):
    """The schedule's last T steps. z [2M,dim] with guidance, conditional rows first, or [M,dim]; noise [T+1,M,16]."""
    x = noise[0]
    guided = len(z) == 2 * len(x)
    steps = len(noise) - 1
    timesteps, coefficients = schedule.timesteps[-steps:], schedule.coefficients[-steps:]
    for step, timestep in enumerate(timesteps):
        predicted = head(torch.cat([x, x]) if guided else x, timestep, z)
        epsilon, variance = predicted.chunk(2, dim=1)
        if guided:
            (epsilon, unconditional), (variance, _) = epsilon.chunk(2), variance.chunk(2)
            epsilon = unconditional + guidance * (epsilon - unconditional)
        from_x, from_epsilon, mean_x0, mean_x, log_low, log_high = coefficients[step].to(x.dtype)
        x0 = from_x * x - from_epsilon * epsilon
        x = mean_x0 * x0 + mean_x * x
        if step < steps - 1:
            share = (variance + 1) / 2
            log_variance = share * log_high + (1 - share) * log_low
            x = x + temperature * torch.exp(log_variance / 2) * noise[step + 1]
    return x
