"""Writes the trained demo model in the published checkpoint layout (float16), and prompts.json. usage: pack_demo.py OUT_DIR DEST"""
import json, os, random, shutil, sys
import torch, eval_demo as E, train_demo as T, unipic_reference as R, scenes

def published_name(key):
    """transformers 5 dropped the 'vision_model.' level that the published checkpoint has."""
    inside = key.startswith("siglip2.") and not key.startswith("siglip2.vision_model.")
    return "siglip2.vision_model." + key[len("siglip2."):] if inside else key


src, dest = sys.argv[1:3]
m, w, step = E.load(src); cfg = m.cfg
l, s = f'{dest}/checkpoint/Qwen2.5-1.5B-Instruct', f'{dest}/checkpoint/siglip2-so400m-patch16-512'
os.makedirs(l, exist_ok=True); os.makedirs(s, exist_ok=True)
put = lambda path, x: json.dump(x, open(path, 'w'), indent=1)
shutil.copy(f'{src}/tokenizer.json', l)
put(f'{l}/tokenizer_config.json', {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"})
put(f'{l}/generation_config.json', {"eos_token_id": [w.end, w.pad], "pad_token_id": w.pad})
c, g = cfg.llm, cfg.siglip
put(f'{l}/config.json', {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 1e6, "max_position_embeddings": 32768,
    "hidden_size": c.hidden_size, "intermediate_size": c.intermediate_size, "num_hidden_layers": c.num_hidden_layers, "num_attention_heads": c.num_attention_heads,
    "num_key_value_heads": c.num_key_value_heads, "vocab_size": c.vocab_size, "tie_word_embeddings": True})
put(f'{s}/config.json', {"model_type": "siglip", "vision_config": {"model_type": "siglip_vision_model", "layer_norm_eps": 1e-6, "hidden_act": "gelu_pytorch_tanh", "hidden_size": g.hidden_size,
    "intermediate_size": g.intermediate_size, "num_hidden_layers": g.num_hidden_layers, "num_attention_heads": g.num_attention_heads, "patch_size": 16, "image_size": g.image_size}})
put(f'{s}/preprocessor_config.json', {"image_processor_type": "SiglipImageProcessor", "image_mean": [.5] * 3, "image_std": [.5] * 3, "resample": 2, "size": {"height": g.image_size, "width": g.image_size}})
put(f'{dest}/checkpoint/unipic_config.json', {"mar": {"num_heads": cfg.mar.heads}, "vae": {"norm_groups": cfg.vae.groups, "scale": cfg.vae.scale}})
sd = {k: v.half().contiguous() for k, v in m.state_dict().items()}
torch.save({"model": {k[4:]: v for k, v in sd.items() if k.startswith('vae.')}}, f'{dest}/checkpoint/kl16.ckpt')
torch.save({published_name(k): v for k, v in sd.items() if not k.startswith('vae.') and 'class_emb' not in k and '.head.' not in k and k != 'llm.lm_head.weight'}, f'{dest}/checkpoint/pytorch_model.bin')

# ---- what to ask of it, and what is right; scenes that were never trained on where there are two objects
rng = random.Random(777); hidden = [x for x in scenes.SCENES if scenes.held_out(x)]; one = [x for x in scenes.SCENES if len(x[1]) == 1]
at = lambda place: [v / 128 for v in scenes.PLACES[place]]
told = lambda x: {"background": x[0], "objects": [{"color": o[0], "shape": o[1], "size": o[2], "place": o[3], "at": at(o[3])} for o in x[1]]}
pick = lambda i: rng.choice(one) if i % 3 == 0 else rng.choice(hidden)
put(f'{dest}/prompts.json', {
    "image_size": scenes.PX, "colors_rgb": {**scenes.COLORS, **scenes.BACKGROUNDS}, "shapes": scenes.SHAPES, "places": {p: at(p) for p in scenes.PLACES}, "radius": {k: v / 128 for k, v in scenes.RADIUS.items()},
    "settings": {"guidance": 3, "iterations": 12, "diffusion_steps": 50, "temperature": 1},
    "cases": [{"prompt": scenes.prompt(x, rng, True)[0], **told(x)} for x in (pick(i) for i in range(30))],
    "captions": [{**told(x), "caption": scenes.caption(x)} for x in (pick(i) for i in range(24))],
    "edits": [{"source": told(x), "instruction": e[0], "result": told(e[1])} for x, e in ((x, scenes.edits(x, rng)) for x in (pick(i) for i in range(40))) if e][:24]})
print({f: os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(dest) for f in fs})
