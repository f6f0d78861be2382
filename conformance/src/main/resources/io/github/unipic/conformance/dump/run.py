"""Runs the graph of a dumped case with any ONNX Runtime, and compares its outputs with the expected ones.

    python run.py cases/decoder_step/past_512 [--provider CPUExecutionProvider] [--option KEY=VALUE]
                  [--provider-library NAME=FILE]

Needs numpy and onnxruntime, or a build of it that has your provider. A plugin is registered under NAME;
--provider is then the plugin's own name.
"""

import argparse
import json
import pathlib
import sys

import numpy
import onnxruntime


def load(folder, kind, name):
    file = folder / kind / ("".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in name) + ".npy")
    return numpy.load(file) if file.exists() else None


def error(actual, expected):
    """The relative L2 error, as the kit measures it."""
    if actual.shape != expected.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    difference = numpy.linalg.norm((actual.astype(numpy.float64) - expected).ravel())
    norm = numpy.linalg.norm(expected.astype(numpy.float64).ravel())
    return f"{difference / norm if difference else 0.0:.3g}"


def open_session(graph, provider, options, libraries):
    for library in libraries:
        name, file = library.split("=", 1)
        onnxruntime.register_execution_provider_library(name, str(pathlib.Path(file).resolve()))
    if not libraries:
        return onnxruntime.InferenceSession(graph, providers=[(provider, options)])
    every = onnxruntime.get_ep_devices()
    devices = [device for device in every if device.ep_name == provider]
    if not devices:
        sys.exit(f"{provider} has no device here; there are {', '.join(sorted({each.ep_name for each in every}))}.")
    settings = onnxruntime.SessionOptions()
    settings.add_provider_for_devices(devices[:1], options)
    return onnxruntime.InferenceSession(graph, settings)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", type=pathlib.Path)
    parser.add_argument("--provider", default="CPUExecutionProvider")
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--provider-library", action="append", default=[])
    args = parser.parse_args()
    case = json.loads((args.case / "case.json").read_text(encoding="utf-8"))
    if "graph" not in case:
        sys.exit(f"{case['case']} is not a single run of a graph; begin with cases that are.")
    inputs = {name: numpy.load(args.case / file) for name, file in case["inputs"].items()}
    options = dict(option.split("=", 1) for option in args.option)
    session = open_session(args.case / case["graph"], args.provider, options, args.provider_library)
    missing = {node.name for node in session.get_inputs()} - set(inputs)
    if missing:
        sys.exit(f"{case['case']}: the process ended before {', '.join(sorted(missing))} was written.")
    expected = {name: load(args.case, "expected", name) for name in case["outputs"]}
    expected = {name: values for name, values in expected.items() if values is not None}
    results = dict(zip(expected, session.run(list(expected), inputs)))
    print(f"{case['case']} on {session.get_providers()[0]}; limit {case['relative_l2_limit']:g}")
    for name, result in results.items():
        note = ""
        if name.startswith("present_") and result.ndim == 4:
            # decoder_step's cache: the old positions are the past, and the new ones are compared.
            past = inputs[name.replace("present_", "past_", 1)]
            note = f"; past kept: {numpy.array_equal(result[:, :, :past.shape[2]], past)}"
            result = result[:, :, past.shape[2]:]
        before = load(args.case, "actual", name)
        before = "none" if before is None else error(before, expected[name])
        print(f"  {name}: relative L2 error {error(result, expected[name])}, in the kit's run {before}{note}")


if __name__ == "__main__":
    main()
