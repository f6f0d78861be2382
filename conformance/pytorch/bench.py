"""Times PyTorch on a checkpoint as `unipic bench` times a model folder: same tasks, inputs and threads. See README.md."""
import argparse
import contextlib
import importlib.util
import json
import math
import os
import resource
import statistics
import sys
import time
import warnings
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
# The graphs of docs/graphs.md that its methods correspond to.
GRAPHS = {"llm_step": "decoder_step", "encode": "mar_encoder", "decode": "mar_decoder", "decode_pixels": "pixel_decoder",
          "sample_tokens": "token_sampler", "siglip_visual": "vision_encoder"}
PROCESS_MEMORY = (("peak_rss_bytes", "VmHWM"), ("rss_bytes", "VmRSS"), ("anonymous_bytes", "RssAnon"))


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
    arguments.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    arguments.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32", help="of weights and activations")
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
    device = Device(options.device)
    start = device.now()
    model, tokenizer, reference = load(options, device)
    report = {
        "producer": f"PyTorch {torch.__version__}",
        "device": device.description(),
        "dtype": options.dtype,
        "threads": options.threads,
        "load": {"seconds": device.now() - start, "memory": device.memory()},
    }
    device.forget_peak()
    bench = Bench(options, device, model, tokenizer, reference)
    tasks = options.tasks.split(",")
    if "t2i" in tasks:
        report["images"] = [bench.images(int(size)) for size in options.size.split(",")]
    if "describe" in tasks:
        report["answer"] = bench.answer()
    if "text" in tasks:
        report["text"] = [bench.text(int(context)) for context in options.context.split(",")]
    report["memory"] = device.memory()
    return report


class Device:
    """Where PyTorch computes. A GPU works off a queue: the clock is read when that is empty."""

    def __init__(self, name):
        self.name, self.cuda = name, name == "cuda"
        if self.cuda and not torch.cuda.is_available():
            raise CheckpointError(f"--device is cuda, but PyTorch {torch.__version__} finds no GPU; run it where it does")

    def description(self):
        return torch.cuda.get_device_name() if self.cuda else "CPU"

    def make_default(self, dtype):
        """For the tensors that the reference makes."""
        if self.cuda:
            # Not set_default_device, which costs Python's time in every call of torch, and so would flatter us.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                torch.set_default_tensor_type("torch.cuda.FloatTensor")
        torch.set_default_dtype(dtype)

    def now(self):
        """Seconds, all work so far done."""
        if self.cuda:
            torch.cuda.synchronize()
        return time.perf_counter()

    def mark(self):
        """A mark in the queue, for `between`; it does not wait, so that timing a graph does not slow the image."""
        if not self.cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def between(self, start, end):
        """Seconds from one mark to another, both done."""
        return start.elapsed_time(end) / 1e3 if self.cuda else end - start

    def memory(self):
        """Bytes of memory, and the peak since loading began or ended; empty where the system does not tell.

        On a GPU also what PyTorch's tensors took at most, and what it held for them; CUDA itself takes more beside it.
        """
        figures = {}
        with contextlib.suppress(OSError):
            status = Path("/proc/self/status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines())
            figures = {name: int(fields[field].split()[0]) * 1024 for name, field in PROCESS_MEMORY if field in fields}
        if self.cuda:
            figures["device_peak_allocated_bytes"] = torch.cuda.max_memory_allocated()
            figures["device_peak_reserved_bytes"] = torch.cuda.max_memory_reserved()
        return figures

    def forget_peak(self):
        """What loading needed is told apart from what running needs."""
        with contextlib.suppress(OSError):  # not on Linux, or not allowed in this container
            Path("/proc/self/clear_refs").write_text("5")
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()


def load(options, device):
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
        state[name] = seen[key] if key in seen else seen.setdefault(key, source.to(device.name, dtype, copy=True))
    model.load_state_dict(state, assign=True)
    device.make_default(dtype)
    model.llm.tie_weights()
    rotary = model.llm.model.rotary_emb
    model.llm.model.rotary_emb = type(rotary)(config=language)
    for module in model.siglip2.modules():
        if hasattr(module, "position_ids"):
            module.position_ids = torch.arange(module.position_ids.shape[-1])[None]
    tokenizer = Tokenizer.from_file(str(checkpoint.tokenizer_file))
    return model, tokenizer, reference


class Bench:
    def __init__(self, options, device, model, tokenizer, reference):
        self.options, self.device = options, device
        self.model, self.tokenizer, self.reference = model, tokenizer, reference
        self.spent = defaultdict(list)  # pairs of marks for each graph
        sampler = reference.sample_tokens
        # Its result goes among tokens of the default dtype; for the next graph they would be rounded anyway.
        reference.sample_tokens = lambda *args, **kwargs: sampler(*args, **kwargs).to(torch.get_default_dtype())
        for owner, names in ((model, ("llm_step", "decode_pixels", "siglip_visual")), (model.mar, ("encode", "decode")),
                             (reference, ("sample_tokens",))):
            for name in names:
                setattr(owner, name, self.timed(getattr(owner, name), GRAPHS[name]))

    def timed(self, method, graph):
        def call(*args, **kwargs):
            start = self.device.mark()
            result = method(*args, **kwargs)
            self.spent[graph].append((start, self.device.mark()))
            return result
        return call

    def embed(self, text):
        return self.model.embed(torch.tensor([self.tokenizer.encode(text, add_special_tokens=False).ids]))

    def images(self, size):
        """Text to image, as often as asked for, in the order and with the noise of `unipic bench`."""
        grid = size // 16
        values = Values(0, f"bench/{size}")
        order = values.permutations("order", 1, grid * grid)[0].to(self.device.name)
        # The diffusion's state is float32 in any type, as in our graphs.
        noise = values.floats("noise", self.options.steps + 1, grid * grid, 16, dtype=torch.float32).to(self.device.name)
        walls, cpus = [], []
        self.warm_up()
        self.spent.clear()
        for _ in range(self.options.repeat):
            start, cpu = self.device.now(), cpu_seconds()
            latents = self.model.generate(
                self.embed(f"{BEFORE}Generate an image: A red fox in the snow{AFTER}"),
                self.embed(f"{BEFORE}Generate an image.{AFTER}"),
                grid, grid, order, noise, self.options.iterations, self.options.guidance, steps=self.options.steps,
            )
            pixels = self.reference.to_uint8(self.model.decode_pixels(latents)).cpu()
            walls.append(self.device.now() - start)
            cpus.append(cpu_seconds() - cpu)
        return {
            "size": size, "seconds": spread(walls), "cpu_seconds": spread(cpus), "graphs": self.graphs(),
            "mean_level": pixels.double().mean().item(), "memory": self.device.memory(),
        }

    def warm_up(self):
        """The smallest image, as `unipic bench` generates before the measured ones."""
        latents = self.model.generate(
            self.embed("A"), self.embed("A"), 1, 1, torch.tensor([0]), torch.zeros(3, 1, 16), 1, steps=2
        )
        self.model.decode_pixels(latents)

    def answer(self):
        """A question about a photo, answered greedily."""
        firsts, walls = [], []
        self.look()
        self.warm_up_text()
        self.spent.clear()
        for _ in range(self.options.repeat):
            start = self.device.now()
            image = self.look()
            prompt = torch.cat([self.embed(BEFORE), image, self.embed(f"\nWhat is in the image?{AFTER}")], dim=1)
            hidden, past = self.model.llm_step(prompt, self.model._empty_past())
            ids = []
            while len(ids) < self.options.tokens:
                ids.append(self.greedy(hidden))
                if len(ids) == 1:
                    firsts.append(self.device.now() - start)
                hidden, past = self.model.llm_step(self.model.embed(torch.tensor([[ids[-1]]])), past)
            walls.append(self.device.now() - start)
        return {
            "first_token_seconds": spread(firsts), "seconds": spread(walls), "tokens": len(ids), "ids": ids,
            "graphs": self.graphs(), "memory": self.device.memory(),
        }

    def look(self):
        square = pad(Image.open(PHOTOS / "astronaut.png").convert("RGB"))
        side = self.model.cfg.siglip.image_size
        return self.model.siglip_visual(to_pixels(square, side, side).to(self.device.name))

    def warm_up_text(self):
        """One token. `unipic bench` opens the graphs, which lays out the weights, before it measures."""
        hidden, _ = self.model.llm_step(self.embed("A"), self.model._empty_past())
        self.greedy(hidden)

    def text(self, context):
        """Tokens after a context of seeded ids, one by one."""
        ids = Values(0, f"bench/text/{context}").ids("ids", self.model.cfg.llm.vocab_size, 1, context).to(self.device.name)
        self.warm_up_text()
        start = self.device.now()
        hidden, past = self.model.llm_step(self.model.embed(ids), self.model._empty_past())
        prefill = self.device.now() - start
        walls = []
        for _ in range(self.options.tokens):
            start = self.device.now()
            token = self.greedy(hidden)
            hidden, past = self.model.llm_step(self.model.embed(torch.tensor([[token]])), past)
            walls.append(self.device.now() - start)
        return {
            "context": context, "prefill_seconds": prefill, "token_seconds": spread(walls),
            "tokens_per_second": 1 / statistics.median(walls), "memory": self.device.memory(),
        }

    def greedy(self, hidden):
        return int(self.model.llm.lm_head(hidden[:, -1]).argmax())

    def graphs(self):
        runs = {
            graph: [self.device.between(start, end) for start, end in marks] for graph, marks in sorted(self.spent.items())
        }
        return {
            graph: {"runs": len(seconds), "seconds": sum(seconds) / self.options.repeat, "run_seconds": spread(seconds)}
            for graph, seconds in runs.items()
        }


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


if __name__ == "__main__":
    main()
