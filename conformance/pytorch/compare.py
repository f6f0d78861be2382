"""Runs `unipic bench` and bench.py in turns, each in a process of its own, and prints ours / PyTorch. See README.md."""
import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What is compared: name, unit of the figure, where ours has it, where PyTorch has it.
FIGURES = (
    ("load", "s", lambda o: o["load"]["total"],
     lambda p: p["load"]["seconds"]),
    ("answer", "s", lambda o: o["answers"][0]["seconds"]["median"], lambda p: p["answer"]["seconds"]["median"]),
    ("answer, first token", "s", lambda o: o["answers"][0]["first_token_seconds"]["median"],
     lambda p: p["answer"]["first_token_seconds"]["median"]),
    ("text", "tokens/s", lambda o: o["texts"][0]["tokens_per_second"], lambda p: p["text"][0]["tokens_per_second"]),
    ("peak RSS", "GB", lambda o: o["memory"]["peak_rss_bytes"] / 1e9, lambda p: p["memory"]["peak_rss_bytes"] / 1e9),
)
# The same of an image, which both have alike.
IMAGE = (
    ("", "s", lambda image: image["seconds"]["median"]),
    (", CPU time", "s", lambda image: image["cpu_seconds"]["median"]),
    (", mean level", "", lambda image: image["mean_level"]),
)
# Ours that together do what PyTorch does in one.
PARTS = {
    "mar_decoder_cached": "mar_decoder",
    "pixel_decoder_features": "pixel_decoder",
    "pixel_decoder_tile": "pixel_decoder",
}


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, epilog="Options after -- go to both, for example: -- --threads 2 --tasks t2i --size 256"
    )
    arguments.add_argument("--model", required=True, help="model folder, exported from the checkpoint")
    arguments.add_argument("--checkpoint", required=True, help="folder in the published layout")
    arguments.add_argument("--reference", required=True, help="a PyTorch file with UniPic, UniPicConfig, ...")
    arguments.add_argument("--rounds", type=int, default=2, help="each is ours, then PyTorch; default 2")
    arguments.add_argument("--unipic", default=str(HERE.parent.parent / "unipic"), help="the command for ours")
    arguments.add_argument("--prefix", default="", help="put before each command, for example taskset -c 0,1")
    arguments.add_argument("--provider", default="auto", help="that ours computes on, such as cuda; default auto")
    arguments.add_argument("--ours", default="", help="more options for ours alone: --ours='--tile-above 0'")
    arguments.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="that PyTorch computes on")
    arguments.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32", help="that PyTorch computes in")
    arguments.add_argument("--json", type=Path, help="file for the figures of all runs")
    arguments.add_argument("both", nargs="*", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if "--tasks" not in options.both:
        options.both += ["--tasks", "t2i,describe,text"]
    ours = [*shlex.split(options.unipic), "bench", "--model", options.model, "--provider", options.provider,
            *shlex.split(options.ours)]
    theirs = [sys.executable, str(HERE / "bench.py"), "--checkpoint", options.checkpoint, "--reference", options.reference,
              "--device", options.device, "--dtype", options.dtype]
    runs = {"ours": [], "PyTorch": []}
    for number in range(1, options.rounds + 1):
        for side, command in (("ours", ours), ("PyTorch", theirs)):
            print(f"round {number} of {options.rounds}: {side}", file=sys.stderr, flush=True)
            runs[side].append(child(shlex.split(options.prefix) + command + options.both))
            if options.json:
                options.json.write_text(json.dumps(runs, indent=2) + "\n", encoding="utf-8")
    show(runs["ours"], runs["PyTorch"])


def child(command):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        done = subprocess.run([*command, "--json", str(file)], stdout=subprocess.DEVNULL)
        if done.returncode or not file.exists():
            sys.exit(f"compare.py: no figures, exit code {done.returncode}, from: {shlex.join(command)}")
        return json.loads(file.read_text(encoding="utf-8"))


def show(ours, theirs):
    print(f"{'':26} {'':9} {'ours':>22} {'PyTorch':>22} {'ours/PyTorch':>13}")
    for number, image in enumerate(ours[0]["images"]):
        left, right = ([run["images"][number] for run in runs] for runs in (ours, theirs))
        for name, unit, figure in IMAGE:
            line(f"image, {image['size']} px{name}", unit, map(figure, left), map(figure, right))
        # PyTorch encodes and prefills once for each half of guidance.
        left, right = ([graph_seconds(image) for image in images] for images in (left, right))
        for graph in right[0]:
            if graph in left[0]:
                line(f"  {graph}", "s", *([run[graph] for run in runs] for runs in (left, right)))
    for name, unit, mine, other in FIGURES:
        try:
            line(name, unit, [mine(run) for run in ours], [other(run) for run in theirs])
        except (KeyError, IndexError):
            continue  # a task that was not run, or memory that the system does not tell
    if "device_peak_reserved_bytes" in theirs[0]["memory"]:
        peaks = listed(run["memory"]["device_peak_reserved_bytes"] / 1e9 for run in theirs)
        print(f"PyTorch's peak of device memory, without CUDA's own: {peaks} GB, on {theirs[0]['device']}")


def graph_seconds(image):
    seconds = defaultdict(float)
    for graph, figures in image["graphs"].items():
        seconds[PARTS.get(graph, graph)] += figures["seconds"]
    return seconds


def line(name, unit, ours, theirs):
    left, right = list(ours), list(theirs)
    ratio = statistics.median(left) / statistics.median(right)
    print(f"{name:26} {unit:9} {listed(left):>22} {listed(right):>22} {ratio:13.4f}")


def listed(values):
    return " ".join(f"{value:.3g}" if value < 10 else f"{value:.1f}" for value in values)


if __name__ == "__main__":
    main()
