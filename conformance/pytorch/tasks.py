"""Whole tasks: an image drawn from a text or from a photo, and an answer about a photo."""
import math

import numpy as np
import torch
from checkpoint import CheckpointError
from PIL import Image
from stages import grid_of
from tokenizers import Tokenizer

BEFORE, AFTER = "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"
GRAY = (127, 127, 127)


class Tasks:
    def __init__(self, model, checkpoint, photos):
        self.model, self.photos = model, photos
        try:
            self.tokenizer = Tokenizer.from_file(str(checkpoint.tokenizer_file))
        except Exception as e:  # the library throws nothing more special
            raise CheckpointError(f"{checkpoint.tokenizer_file} cannot be read ({e}); fetch it again") from e
        self.stop_ids = checkpoint.stop_ids()

    def draw(self, case, values):
        """A case of "loops" to latents [1,h,w,16] and pixels [1,3,H,W]."""
        sizes = self.model.sizes
        grid = grid_of(case["grid"], sizes.side)
        n = grid[0] * grid[1]
        order = values.permutations("order", 1, n)[0]
        noise = values.floats("noise", case["steps"] + 1, n, sizes.latent_channels)
        if "photo" in case:
            source, embeds = self.encode_photo(crop(self.photo(case)), grid)
            canvas = self.model.canvas(source)
            prompts = [self.about(embeds, case["prompt"]), self.about(embeds, "Repeat this image.")]
        else:
            canvas = torch.zeros(1, 0, sizes.dim)
            prompts = [self.request(f"Generate an image: {case['prompt']}"), self.request("Generate an image.")]
        if case["guidance"] == 1:
            prompts = prompts[:1]
        latents = self.loop(case, grid, order, noise, prompts, canvas)
        return {"latents": latents, "pixels": self.model.pixel_decoder(latents)}

    def loop(self, case, grid, order, noise, prompts, canvas):
        """UNIPIC.md, "Text to image", steps 1 to 3. `prompts`: embeddings, the conditional ones first."""
        n = len(order)
        caches = [self.model.decoder_step(prompt)[1] for prompt in prompts]
        tokens = torch.zeros(1, n, self.model.sizes.latent_channels)
        masked = n  # the first so many of the order are masked
        for k in range(case["iterations"]):
            left = max(1, min(masked - 1, math.floor(n * math.cos(math.pi / 2 * (k + 1) / case["iterations"]))))
            stay = 0 if k == case["iterations"] - 1 else left
            known, predicted = order[masked:].sort().values, order[stay:masked].sort().values
            masked = stay
            if len(predicted) == 0:
                continue
            encoded, embeds = self.model.mar_encoder(tokens[:, known], known[None], grid)
            hidden = torch.cat([self.model.decoder_step(embeds, cache)[0] for cache in caches])
            z = self.model.mar_decoder(encoded, hidden, known[None], predicted[None], canvas, grid)
            guidance = case["guidance"]
            if case["guidance_schedule"] == "linear":
                guidance = 1 + (guidance - 1) * (n - left) / n
            tokens[0, predicted] = self.model.token_sampler(
                z.flatten(0, 1), noise[:, predicted], case["steps"], guidance, case["temperature"]
            )
        return tokens.unflatten(1, grid)

    def answer(self, case):
        """A case of "answers" to ids [n] and margins [n]: how far ahead each id was of the next best."""
        square = pad(self.photo(case))
        if case["path"] == "siglip2":
            side = self.model.vision.image_size
            embeds = self.model.vision_encoder(to_pixels(square, side, side))
        else:
            _, embeds = self.encode_photo(square, grid_of("native", self.model.sizes.side))
        hidden, cache = self.model.decoder_step(self.about(embeds, case["question"]))
        ids, margins = [], []
        while True:
            logits = self.model.text_head(hidden[0, -1])
            best, second = logits.topk(2).values
            ids.append(int(logits.argmax()))
            margins.append((best - second) / logits.square().mean().sqrt())
            if len(ids) == case["tokens"] or ids[-1] in self.stop_ids:
                return {"ids": torch.tensor(ids), "margins": torch.stack(margins)}
            hidden, cache = self.model.decoder_step(self.model.text_embedding(torch.tensor([[ids[-1]]])), cache)

    def request(self, text):
        """Embeddings of a turn that is text alone."""
        return self.embed(BEFORE + text + AFTER)

    def about(self, embeds, text):
        """Embeddings of a turn with an image before the text."""
        return torch.cat([self.embed(BEFORE), embeds, self.embed("\n" + text + AFTER)], dim=1)

    def embed(self, text):
        return self.model.text_embedding(torch.tensor([self.tokenizer.encode(text, add_special_tokens=False).ids]))

    def encode_photo(self, square, grid):
        """(x_enc, z_enc) of a whole image."""
        h, w = grid
        latents = self.model.pixel_encoder(
            to_pixels(square, w * self.model.sizes.downsampling, h * self.model.sizes.downsampling)
        )
        return self.model.mar_encoder(latents.flatten(1, 2), torch.arange(h * w)[None], grid)

    def photo(self, case):
        return Image.open(self.photos / case["photo"]).convert("RGB")


def crop(image):
    """The largest square in the center."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def pad(image):
    """The smallest square that holds it, gray around it."""
    side = max(image.size)
    square = Image.new("RGB", (side, side), GRAY)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def to_pixels(image, width, height):
    """[1,3,H,W] in about [-1, 1], each a float32 value."""
    levels = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    return torch.from_numpy(levels / np.float32(127.5) - 1).permute(2, 0, 1)[None].to(torch.get_default_dtype())
