"""Reads a checkpoint folder in the published layout: its tensors by one name each, and its configuration."""
import json
import re
import zipfile

import torch
from safetensors.torch import load_file

MAIN_FILES = ("pytorch_model.bin", "model.safetensors")
VAE_FILES = ("kl16.ckpt", "kl16.safetensors")
VISION_TYPES = ("siglip", "siglip2", "siglip_vision_model", "siglip2_vision_model")


class CheckpointError(Exception):
    """What is wrong with the checkpoint, where, and what to do, in one line."""


class Checkpoint:
    """Its tensors are llm.*, mar.*, proj_in.*, proj_out.*, siglip2.* (without vision_model.), siglip2_proj.*, vae.*."""

    def __init__(self, folder):
        if not folder.is_dir():
            raise CheckpointError(f"{folder} is not a folder; give the one that holds pytorch_model.bin and kl16.ckpt")
        self.folder = folder
        configs = {path.parent: read_json(path) for path in sorted(folder.glob("*/config.json"))}
        language = one(folder, configs, "language model", lambda c: c.get("model_type") == "qwen2")
        vision = one(
            folder, configs, "vision model", lambda c: c.get("model_type") in VISION_TYPES or "vision_config" in c
        )
        if language is None:
            raise CheckpointError(f"no folder in {folder} has a config.json of model_type qwen2; add the Qwen2.5 one")
        self.language_config = configs[language]
        self.vision_config = configs[vision].get("vision_config", configs[vision]) if vision else None
        self.overrides = read_optional_json(folder / "unipic_config.json") or {}
        self.generation_config = read_optional_json(language / "generation_config.json")
        self.tokenizer_file = language / "tokenizer.json"
        if not self.tokenizer_file.is_file():
            raise CheckpointError(f"{self.tokenizer_file} is missing; fetch it with the language model")

        self.tensors = require(folder, MAIN_FILES)
        self.tensors |= prefixed("vae.", require(folder, VAE_FILES))
        if not self.names("llm."):
            self.tensors |= prefixed("llm.", require(language, MAIN_FILES))
        if not self.names("siglip2.") and vision:
            tower = read(vision, MAIN_FILES) or {}
            self.tensors |= prefixed("siglip2.", {k: v for k, v in tower.items() if k.startswith("vision_model.")})
        self.tensors = {re.sub(r"^siglip2\.vision_model\.", "siglip2.", k): v for k, v in self.tensors.items()}

    def names(self, prefix):
        return [name for name in self.tensors if name.startswith(prefix)]

    def shape(self, name):
        if name not in self.tensors:
            raise CheckpointError(f"tensor {name} is missing in {self.folder}; is this a complete UniPic checkpoint?")
        return tuple(self.tensors[name].shape)

    def count(self, pattern):
        """How many tensors there are of a pattern with a number, from 0; at least one."""
        count = 0
        while pattern.format(count) in self.tensors:
            count += 1
        if count == 0:
            self.shape(pattern.format(0))
        return count

    def override(self, section, field, default):
        """A setting of unipic_config.json, or `default` where it has none."""
        return self.overrides.get(section, {}).get(field, default)

    def stop_ids(self):
        """What ends an answer: as generation_config.json says, or config.json where there is none, or the tokenizer."""
        config = self.language_config if self.generation_config is None else self.generation_config
        configured = config.get("eos_token_id")
        if isinstance(configured, int):
            return [configured]
        if configured:
            return configured
        added = read_json(self.tokenizer_file).get("added_tokens", [])
        return [token["id"] for token in added if token["content"] in ("<|im_end|>", "<|endoftext|>")]


def one(folder, configs, what, condition):
    """The folder whose config.json fulfils the condition, or None."""
    found = [path for path, config in configs.items() if condition(config)]
    if len(found) > 1:
        raise CheckpointError(f"two folders in {folder} hold a {what}, {found[0].name} and {found[1].name}; remove one")
    return found[0] if found else None


def prefixed(prefix, tensors):
    return {prefix + name: tensor for name, tensor in tensors.items()}


def require(folder, candidates):
    tensors = read(folder, candidates)
    if tensors is None:
        raise CheckpointError(f"no weights in {folder}: expected {' or '.join(candidates)}, or one of them in shards")
    return tensors


def read(folder, candidates):
    """The tensors of the first of these files that is there, whole or sharded; None where there is none."""
    for candidate in candidates:
        whole, index = folder / candidate, folder / f"{candidate}.index.json"
        if whole.exists():
            return read_file(whole)
        if index.exists():
            shards = sorted(set(read_json(index).get("weight_map", {}).values()))
            return {name: tensor for shard in shards for name, tensor in read_file(folder / shard).items()}
    return None


def read_file(path):
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
        tensors = content.get("model", content)
    except FileNotFoundError as e:
        raise CheckpointError(f"{path} is missing; fetch it, or correct the index that names it") from e
    except Exception as e:  # of a damaged file, torch's unpickler throws whatever it stumbles over
        reason = f"{type(e).__name__}: {e}".splitlines()[0][:100]
        raise CheckpointError(f"{path} cannot be read ({reason}); fetch it again") from e
    return {name: tensor for name, tensor in tensors.items() if isinstance(tensor, torch.Tensor)}


def read_json(path):
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise CheckpointError(f"{path} cannot be read as JSON ({e}); fetch it again") from e
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is not a JSON object; fetch it again")
    return content


def read_optional_json(path):
    return read_json(path) if path.exists() else None
