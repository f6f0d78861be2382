"""Times PyTorch on a checkpoint as `unipic bench` times a model folder: same tasks, inputs and threads. See README.md."""
import argparse
import importlib.util
import json
import math
import os
import resource
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from checkpoint import Checkpoint, CheckpointError
from PIL import Image
from tasks import AFTER, BEFORE, pad, to_pixels
from tokenizers import Tokenizer
from transformers import Qwen2Config, SiglipVisionConfig
from unipic import Sizes
from values import Values

PHOTOS = Path(__file__).resolve().parent.parent / "src/main/resources/io/github/unipic/conformance/photos"
TASKS = ("t2i", "describe", "text")
# The names of its stages in docs/graphs.md.
STAGES = {"llm_step": "decoder_step", "encode": "mar_encoder", "decode": "mar_decoder", "decode_pixels": "pixel_decoder",
          "sample_tokens": "token_sampler", "siglip_visual": "vision_encoder"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--reference", type=Path, required=True, help="a PyTorch file with UniPic, UniPicConfig, ...")
    arguments.add_argument("--checkpoint", type=Path, required=True, help="folder in the published layout")
    arguments.add_argument("--tasks", default=",".join(TASKS), help="of t2i, describe, text")
    arguments.add_argument("--size", default="256", help="pixels a side, or several: 256,512")
    arguments.add_argument("--iterations", type=int, default=8)
    arguments.add_argument("--steps", type=int, default=25)
    arguments.add_argument("--guidance", type=float, default=3.0)
    arguments.add_argument("--context", default="64", help="tokens before those timed, or several: 64,1024")
    arguments.add_argument("--tokens", type=int, default=16, help="answered or decoded")
    arguments.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments.add_argument("--repeat", type=int, default=1)
    arguments.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    arguments.add_argument("--json", type=Path, help="file for the figures")
    options = arguments.parse_args()
    try:
        report = run(options)
    except (CheckpointError, OSError) as e:
        sys.exit(f"bench.py: {e}")
    text = json.dumps(report, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


def run(options):
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    start = time.perf_counter()
    model, tokenizer, reference = load(options)
    report = {
        "producer": f"PyTorch {torch.__version__}",
        "dtype": options.dtype,
        "threads": options.threads,
        "load": {"seconds": time.perf_counter() - start, "memory": memory()},
    }
    # What loading needed is told apart from what running needs.
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")
    bench = Bench(options, model, tokenizer, reference)
    tasks = options.tasks.split(",")
    if "t2i" in tasks:
        report["pictures"] = [bench.pictures(int(size)) for size in options.size.split(",")]
    if "describe" in tasks:
        report["answer"] = bench.answer()
    if "text" in tasks:
        report["text"] = [bench.text(int(context)) for context in options.context.split(",")]
    report["memory"] = memory()
    return report


def load(options):
    """The reference's model, its weights converted one by one, so that only the result stays."""
    spec = importlib.util.spec_from_file_location("reference_model", options.reference)
    reference = sys.modules["reference_model"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    checkpoint = Checkpoint(options.checkpoint)
    tensors, dtype = checkpoint.tensors, getattr(torch, options.dtype)
    language = Qwen2Config.from_dict(checkpoint.language_config)
    vision = SiglipVisionConfig.from_dict(checkpoint.vision_config)
    sizes = Sizes.of(checkpoint)
    mar = reference.MarConfig(
        img_size=16 * sizes.side, dim=sizes.dim, depth=sizes.encoder_blocks, heads=sizes.heads,
        buffer_size=sizes.buffers, head_width=sizes.head_width, head_depth=sizes.head_blocks,
    )
    vae = reference.VaeConfig(
        ch=sizes.vae_base, ch_mult=tuple(level // sizes.vae_base for level in sizes.vae_levels),
        num_res_blocks=sizes.vae_encoder_blocks, scale=sizes.latent_scale, groups=sizes.norm_groups,
    )
    with torch.device("meta"):
        model = reference.UniPic(reference.UniPicConfig(language, vision, mar, vae)).eval()
    tensors.setdefault("llm.lm_head.weight", tensors["llm.model.embed_tokens.weight"])
    state, seen = {}, {}
    for name in model.state_dict():
        source = tensors.pop(name.replace("siglip2.vision_model.", "siglip2."))
        key = source.data_ptr(), source.shape
        # float32 tensors of the file are copied too: mapped ones would be read again and again on a full machine.
        state[name] = seen[key] if key in seen else seen.setdefault(key, source.to(dtype, copy=True))
    model.load_state_dict(state, assign=True)
    model.llm.tie_weights()
    rotary = model.llm.model.rotary_emb
    model.llm.model.rotary_emb = type(rotary)(config=language)
    for module in model.siglip2.modules():
        if hasattr(module, "position_ids"):
            module.position_ids = torch.arange(module.position_ids.shape[-1])[None]
    tokenizer = Tokenizer.from_file(str(checkpoint.tokenizer_file))
    return model, tokenizer, reference


class Bench:
    def __init__(self, options, model, tokenizer, reference):
        self.options, self.model, self.tokenizer, self.reference = options, model, tokenizer, reference
        self.spent = defaultdict(list)
        for owner, names in ((model, ("llm_step", "decode_pixels", "siglip_visual")), (model.mar, ("encode", "decode")),
                             (reference, ("sample_tokens",))):
            for name in names:
                setattr(owner, name, self.timed(getattr(owner, name), STAGES[name]))

    def timed(self, method, stage):
        def call(*args, **kwargs):
            start = time.perf_counter()
            result = method(*args, **kwargs)
            self.spent[stage].append(time.perf_counter() - start)
            return result
        return call

    def embed(self, text):
        return self.model.embed(torch.tensor([self.tokenizer.encode(text, add_special_tokens=False).ids]))

    def pictures(self, size):
        """Text to image, as often as asked for, in the order and with the noise of `unipic bench`."""
        grid = size // 16
        values = Values(0, f"bench/{size}")
        order = values.permutations("order", 1, grid * grid)[0]
        noise = values.floats("noise", self.options.steps + 1, grid * grid, 16)
        walls, cpus = [], []
        self.warm_up()
        self.spent.clear()
        for _ in range(self.options.repeat):
            start, cpu = time.perf_counter(), cpu_seconds()
            latents = self.model.generate(
                self.embed(f"{BEFORE}Generate an image: A red fox in the snow{AFTER}"),
                self.embed(f"{BEFORE}Generate an image.{AFTER}"),
                grid, grid, order, noise, self.options.iterations, self.options.guidance, steps=self.options.steps,
            )
            levels = self.reference.to_uint8(self.model.decode_pixels(latents))
            walls.append(time.perf_counter() - start)
            cpus.append(cpu_seconds() - cpu)
        return {
            "size": size, "seconds": spread(walls), "cpu_seconds": spread(cpus), "stages": self.stages(),
            "mean_level": levels.double().mean().item(), "memory": memory(),
        }

    def warm_up(self):
        """The smallest picture, as `unipic bench` draws before the measured ones."""
        latents = self.model.generate(
            self.embed("A"), self.embed("A"), 1, 1, torch.tensor([0]), torch.zeros(3, 1, 16), 1, steps=2
        )
        self.model.decode_pixels(latents)

    def answer(self):
        """A question about a photo, answered by the likeliest tokens."""
        firsts, walls = [], []
        self.spent.clear()
        for _ in range(self.options.repeat):
            start = time.perf_counter()
            square = pad(Image.open(PHOTOS / "astronaut.png").convert("RGB"))
            side = self.model.cfg.siglip.image_size
            picture = self.model.siglip_visual(to_pixels(square, side, side))
            prompt = torch.cat([self.embed(BEFORE), picture, self.embed(f"\nWhat is in the picture?{AFTER}")], dim=1)
            hidden, past = self.model.llm_step(prompt, self.model._empty_past())
            ids = []
            while len(ids) < self.options.tokens:
                ids.append(self.likeliest(hidden))
                if len(ids) == 1:
                    firsts.append(time.perf_counter() - start)
                hidden, past = self.model.llm_step(self.model.embed(torch.tensor([[ids[-1]]])), past)
            walls.append(time.perf_counter() - start)
        return {
            "first_token_seconds": spread(firsts), "seconds": spread(walls), "tokens": len(ids), "ids": ids,
            "stages": self.stages(), "memory": memory(),
        }

    def text(self, context):
        """Tokens behind a context of seeded ids, one by one."""
        ids = Values(0, f"bench/text/{context}").ids("ids", self.model.cfg.llm.vocab_size, 1, context)
        start = time.perf_counter()
        hidden, past = self.model.llm_step(self.model.embed(ids), self.model._empty_past())
        prefill = time.perf_counter() - start
        walls = []
        for _ in range(self.options.tokens):
            start = time.perf_counter()
            token = self.likeliest(hidden)
            hidden, past = self.model.llm_step(self.model.embed(torch.tensor([[token]])), past)
            walls.append(time.perf_counter() - start)
        return {
            "context": context, "prefill_seconds": prefill, "token_seconds": spread(walls),
            "tokens_per_second": 1 / statistics.median(walls), "memory": memory(),
        }

    def likeliest(self, hidden):
        return int(self.model.llm.lm_head(hidden[:, -1]).argmax())

    def stages(self):
        return {
            stage: {"runs": len(seconds), "seconds": sum(seconds) / self.options.repeat, "run_seconds": spread(seconds)}
            for stage, seconds in sorted(self.spent.items())
        }


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def memory():
    """Bytes of memory; the peak since loading began or ended. Empty where there is no /proc."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return {}
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return {name: int(fields[field].split()[0]) * 1024
            for name, field in (("peak_rss_bytes", "VmHWM"), ("rss_bytes", "VmRSS"), ("anonymous_bytes", "RssAnon"))}


if __name__ == "__main__":
    main()
