"""Writes a reference file from a PyTorch checkpoint of UniPic: see README.md."""
import argparse
import hashlib
import json
import sys
import time
from functools import partial
from pathlib import Path

import torch
from checkpoint import Checkpoint, CheckpointError
from safetensors.torch import save_file
from stages import STAGES
from tasks import Tasks
from unipic import UniPic
from values import Values

RESOURCES = Path(__file__).resolve().parent.parent / "src/main/resources/io/github/unipic/conformance"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--checkpoint", type=Path, required=True, help="folder in the published layout")
    arguments.add_argument("--out", type=Path, required=True, help="file to write, for example reference.safetensors")
    arguments.add_argument("--suite", choices=["smoke", "full"], default="full")
    arguments.add_argument("--seed", type=seed, help="of the inputs, 0 to 4294967295; default: that of cases.json")
    arguments.add_argument("--dtype", choices=["float32", "float64"], default="float32", help="to compute in")
    options = arguments.parse_args()
    try:
        write(options)
    except (CheckpointError, OSError) as e:
        sys.exit(f"reference.py: {e}")


def seed(text):
    value = int(text)
    if not 0 <= value < 1 << 32:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 4294967295")
    return value


def write(options):
    if not options.out.resolve().parent.is_dir():
        raise CheckpointError(f"--out {options.out}: its folder does not exist; make it first")
    cases_bytes = (RESOURCES / "cases.json").read_bytes()
    torch.set_grad_enabled(False)
    torch.set_default_dtype(getattr(torch, options.dtype))

    print(f"Reading {options.checkpoint}", flush=True)
    checkpoint = Checkpoint(options.checkpoint)
    model, unused = UniPic.load(checkpoint)
    if unused:
        print(f"{len(unused)} tensors are not used: {', '.join(unused)}", flush=True)
    cases = json.loads(cases_bytes)
    if options.seed is not None:
        cases["seed"] = options.seed
    outputs = run_cases(cases, options.suite, model, Tasks(model, checkpoint, RESOURCES / "photos"))

    metadata = {
        "format": "unipic-conformance-reference",
        "format_version": "1",
        "cases_sha256": hashlib.sha256(cases_bytes).hexdigest(),
        "seed": str(cases["seed"]),
        "suite": options.suite,
        "producer": f"PyTorch {torch.__version__.split('+')[0]}",
        "dtype": options.dtype,
        "sizes": json.dumps(model.manifest_sizes()),
        "max_beta": str(model.sizes.max_beta),
    }
    save_file(outputs, options.out, metadata)
    print(f"Wrote {options.out}: {len(outputs)} tensors, {options.out.stat().st_size / 1e6:.1f} MB")


def run_cases(cases, suite, model, tasks):
    """The outputs of every case of the suite by their keys in the file, float32 or int64."""
    seed, runs = cases["seed"], {}
    for case in chosen(cases["stages"], suite):
        path = f"{case['graph']}/{case['name']}"
        runs[f"stage/{path}"] = case, partial(STAGES[case["graph"]], model, case, Values(seed, path, case.get("scale", 1)))
    for case in chosen(cases["loops"], suite):
        path = f"loop/{case['name']}"
        runs[path] = case, partial(tasks.draw, case, Values(seed, path))
    for case in chosen(cases["answers"], suite):
        runs[f"answer/{case['name']}"] = case, partial(tasks.answer, case)

    outputs = {}
    for number, (key, (case, run)) in enumerate(runs.items(), start=1):
        start = time.monotonic()
        if needs_vision(case) and not model.vision:
            note = "skipped, the checkpoint has no SigLIP2"
        else:
            for name, tensor in run().items():
                outputs[f"{key}/{name}"] = (tensor.float() if tensor.is_floating_point() else tensor).contiguous()
            note = f"{time.monotonic() - start:.1f} s"
        print(f"[{number}/{len(runs)}] {key}: {note}", flush=True)
    return outputs


def chosen(cases, suite):
    return [case for case in cases if suite == "full" or case["suite"] == suite]


def needs_vision(case):
    return case.get("graph") == "vision_encoder" or case.get("path") == "siglip2"


if __name__ == "__main__":
    main()
