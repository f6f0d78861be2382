"""Trains the demo model: the architecture of UniPic in small, on the world of scenes.py. Processors only; resumes.

usage: train_demo.py MINUTES VAE.pt OUT_DIR [RESUME.pt]     OUT_DIR gets tokenizer.json and last.pt (all that resuming, judging and packing need)
settings by environment: LR, HOLD, ALL, NDATA, B=images to draw,to edit,to describe in each process and step
"""
import json, math, os, random, sys, time
import numpy as np, torch, torch.nn.functional as F
import unipic_reference as R, scenes, train_vae
from team import Team
from transformers import Qwen2Config, SiglipVisionConfig
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE, GRID = scenes.PX, scenes.PX // 16
N = GRID * GRID
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
INS = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
BEFORE, AFTER = "<|im_start|>user\n", "\n{}<|im_end|>\n<|im_start|>assistant\n"      # around an image's embeddings
DRAW, NODRAW, REPEAT, DESCRIBE = "Generate an image: ", "Generate an image.", "Repeat this image.", "Describe the image in detail."

def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **_):
    """Plain attention: for short sequences on processors it beats torch's fused one, backwards above all."""
    s = q @ k.transpose(-1, -2) * (scale or q.shape[-1] ** -.5)
    if attn_mask is not None: s = s.masked_fill(~attn_mask, -1e9)
    return s.softmax(-1) @ v
if not torch.cuda.is_available(): F.scaled_dot_product_attention = attention

# ------------------------------------------------------------------ the model
def tokenizer():
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    rng = random.Random(0); text = [BEFORE[12:], "assistant\n", NODRAW, REPEAT, DESCRIBE] * 200
    for _ in range(4000):
        s = rng.choice(scenes.SCENES); e = scenes.edits(s, rng)
        text += [DRAW + scenes.prompt(s, rng)[0], scenes.caption(s)] + ([e[0]] if e else [])
    tok.train_from_iterator(text, trainers.BpeTrainer(vocab_size=440, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    return tok

def config(vocab):
    llm = Qwen2Config(vocab_size=vocab, hidden_size=128, intermediate_size=384, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
                      rope_theta=1e6, rms_norm_eps=1e-6, tie_word_embeddings=True, max_position_embeddings=32768)
    sig = SiglipVisionConfig(hidden_size=128, intermediate_size=384, num_hidden_layers=2, num_attention_heads=4, patch_size=16, image_size=SIZE)
    for c in (llm, sig): c._attn_implementation = 'sdpa'
    return R.UniPicConfig(llm=llm, siglip=sig, mar=R.MarConfig(img_size=SIZE // 2, dim=128, depth=3, heads=4, buffer_size=8, head_width=192, head_depth=3),
                          vae=train_vae.CONFIG)

def build(tok):
    m = R.UniPic(config((tok.get_vocab_size() + 1 + 63) // 64 * 64))
    for name, p in m.named_parameters():
        if name.startswith('vae.'): p.requires_grad_(False)
        elif 'class_emb' in name or '.head.' in name: p.requires_grad_(False)                # not part of UniPic's computation
        elif p.ndim >= 2 and ('pos' in name or 'fake_latent' in name or 'mask_token' in name): torch.nn.init.normal_(p, std=.05)
        elif 'embed_tokens' in name: torch.nn.init.normal_(p, std=.3)
        elif p.ndim == 2: torch.nn.init.xavier_uniform_(p)
    net = m.mar.diffloss.net
    for l in [b.adaLN_modulation[1] for b in net.res_blocks] + [net.final_layer.adaLN_modulation[1], net.final_layer.linear]:
        torch.nn.init.zeros_(l.weight); torch.nn.init.zeros_(l.bias)
    torch.nn.init.constant_(net.final_layer.linear.bias[16:], -1)
    return m

def load_vae(m, vae_pt):
    """Loads the autoencoder from what train_vae.py wrote, or from a last.pt."""
    ck = torch.load(vae_pt, weights_only=False)
    m.vae.load_state_dict(ck["vae"] if "vae" in ck else ck["model"] if "model" in ck else train_vae.averaged(ck["team"]))

# ------------------------------------------------------------------ forward passes on batches (the same sums as unipic_reference)
def llm(m, x, valid):
    """x [B,L,D] embeddings, valid [B,L] -> last hidden state; causal, positions count valid tokens only."""
    q = m.llm.model; c = m.cfg.llm; B, L, D = x.shape; h, kv, d = c.num_attention_heads, c.num_key_value_heads, D // c.num_attention_heads
    pos = (valid.cumsum(1) - 1).clamp(min=0).float()
    f = pos[..., None] * (c_theta(c) ** (-torch.arange(0, d, 2) / d))
    cos, sin = (torch.cat([g, g], -1)[:, None] for g in (f.cos(), f.sin()))
    rot = lambda t: t * cos + torch.cat([-t[..., d // 2:], t[..., :d // 2]], -1) * sin
    mask = torch.ones(L, L, dtype=torch.bool).tril()[None, None] & valid[:, None, None, :]
    mask = mask | torch.eye(L, dtype=torch.bool)
    norm = lambda w, t: t * torch.rsqrt(t.square().mean(-1, keepdim=True) + 1e-6) * w.weight
    for b in q.layers:
        a = b.self_attn; y = norm(b.input_layernorm, x)
        s = lambda p, k: p(y).view(B, L, k, d).transpose(1, 2).float()
        Q, K, V = rot(s(a.q_proj, h)), rot(s(a.k_proj, kv)), s(a.v_proj, kv)
        y = F.scaled_dot_product_attention(Q, K.repeat_interleave(h // kv, 1), V.repeat_interleave(h // kv, 1), attn_mask=mask)
        x = x + a.o_proj(y.transpose(1, 2).reshape(B, L, D))
        y = norm(b.post_attention_layernorm, x)
        x = x + b.mlp.down_proj(F.silu(b.mlp.gate_proj(y)) * b.mlp.up_proj(y))
    return norm(q.norm, x.float())

def c_theta(c):
    return getattr(c, 'rope_theta', None) or c.rope_parameters['rope_theta']

def everything(B): return torch.arange(N).expand(B, -1)

def see(m, lat):
    """Whole images through the MAR encoder -> x_con, embeddings for the language model (buffers last)."""
    x = m.mar.encode(lat, everything(len(lat)), GRID, GRID); z = m.proj_in(x); nb = m.cfg.mar.buffer_size
    return x, torch.cat([z[:, nb:], z[:, :nb]], 1)

def conditions(m, lat, visible, embeds, valid, x_con=None):
    """z for every position, as UniPic.conditions, without caches."""
    nb = m.cfg.mar.buffer_size
    x = m.mar.encode(lat, visible, GRID, GRID); z = m.proj_in(x); n = z.shape[1]
    hid = llm(m, torch.cat([embeds, z[:, nb:], z[:, :nb]], 1), torch.cat([valid, torch.ones(len(z), n, dtype=torch.bool)], 1))[:, -n:]
    return m.mar.decode(x + m.proj_out(torch.cat([hid[:, -nb:], hid[:, :-nb]], 1)), visible, GRID, GRID, x_con)

class Words:
    def __init__(self, tok):
        self.tok = tok; self.end = tok.token_to_id("<|im_end|>"); self.pad = tok.token_to_id("<|endoftext|>"); self.memo = {}
    def ids(self, s):
        if s not in self.memo: self.memo[s] = self.tok.encode(s, add_special_tokens=False).ids
        return self.memo[s]
    def batch(self, seqs):
        L = max(map(len, seqs)); ids = torch.full((len(seqs), L), self.pad); valid = torch.zeros(len(seqs), L, dtype=torch.bool)
        for i, s in enumerate(seqs): ids[i, :len(s)] = torch.tensor(s); valid[i, :len(s)] = True
        return ids, valid

def with_image(m, w, z, texts, answers=None):
    """Prompts about images -> embeddings, valid; with answers, also their ids and where they begin."""
    B = len(z); head = m.embed(torch.tensor([w.ids(BEFORE)])).expand(B, -1, -1)
    ask = [w.ids(AFTER.format(t)) for t in texts]
    ids, valid = w.batch([q + (a if answers else []) for q, a in zip(ask, answers or ask)])
    return torch.cat([head, z, m.embed(ids)], 1), torch.cat([torch.ones(B, head.shape[1] + z.shape[1], dtype=torch.bool), valid], 1), ids, head.shape[1] + z.shape[1]

# ------------------------------------------------------------------ losses
BAR = lambda t: math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
CUM = torch.tensor(np.cumprod([1 - min(1 - BAR((i + 1) / 1000) / BAR(i / 1000), .2) for i in range(1000)]), dtype=torch.float32)

def head_loss(m, z, x0):
    """Epsilon error, weighted towards noisy steps (there z is needed); the variance output is held at -1, the posterior variance."""
    M = len(x0); t = ((torch.randperm(M) + torch.rand(M)) / M * 1000).long().clamp(max=999)
    eps = torch.randn_like(x0); a = CUM[t][:, None]
    out = m.mar.diffloss.net(a.sqrt() * x0 + (1 - a).sqrt() * eps, t, z).float()
    w = (1 / a).clamp(max=10) / 3
    return (w * (out[:, :16] - eps) ** 2).mean() + 0.01 * ((out[:, 16:] + 1) ** 2).mean()

def draw_loss(m, guess, lat, embeds, valid, k, x_con=None, per_image=32):
    """Training of one unmasking step: k tokens of each image are masked. -> diffusion loss, error of a linear guess from z.

    The guess is only for training: it tells the network below what to say long before the diffusion head understands it."""
    B = len(lat); order = torch.rand(B, N).argsort(1)
    visible, masked = order[:, k:].sort(1).values, order[:, :k]
    with torch.autocast('cpu', torch.bfloat16, enabled=BF16):
        z = conditions(m, lat, visible, embeds, valid, x_con)
    g = lambda a, i: torch.gather(a, 1, i[..., None].expand(-1, -1, a.shape[-1])).reshape(-1, a.shape[-1])
    zz, target = g(z, masked).float(), g(lat, masked)
    rough = F.mse_loss(guess(zz), target)
    some = torch.arange(B * k).view(B, k)[:, :per_image].repeat(1, max(1, per_image // k)).flatten()
    with torch.autocast('cpu', torch.bfloat16, enabled=BF16):
        return head_loss(m, zz[some], target[some]), rough

BF16 = os.environ.get('BF16', '0') == '1'                # slower on two Zen 4 cores at these sizes
HOLD = float(os.environ.get('HOLD', '.1'))               # the share of the time with the full learning rate; then it falls to 0
PEAK = float(os.environ.get('LR', '2.5e-3'))
ALL = float(os.environ.get('ALL', '.35'))           # how often everything is masked
B_DRAW, B_EDIT, B_TEXT = (int(v) for v in os.environ.get('B', '20,10,8').split(','))

class Data:
    """A part of the world: images, latents; an edit needs both of its images."""
    def __init__(self, m, n):
        rng = random.Random(1); one = [s for s in scenes.SCENES if len(s[1]) == 1]; two = [s for s in scenes.SCENES if len(s[1]) == 2 and not scenes.held_out(s)]
        rng.shuffle(two); self.scenes = one + two[:n - len(one)]; self.index = {s: i for i, s in enumerate(self.scenes)}
        self.one, self.all = len(one), len(self.scenes)
        self.px = torch.from_numpy(np.stack([np.asarray(scenes.render(s)) for s in self.scenes])).permute(0, 3, 1, 2)
        with torch.no_grad():
            self.lat = torch.cat([m.vae.moments((p.float() / 127.5 - 1).to(memory_format=torch.channels_last))[0] for p in self.px.split(50)]).permute(0, 2, 3, 1).reshape(-1, N, 16).contiguous()
    def pick(self, rng, n):
        one = lambda: rng.choice(self.large) if rng.random() < .4 else rng.randrange(self.one)
        return [one() if rng.random() < .4 else rng.randrange(self.one, self.all) for _ in range(n)]
    def edits(self, rng, n):
        out = []
        while len(out) < n:
            i = self.pick(rng, 1)[0]; e = scenes.edits(self.scenes[i], rng)
            if e and e[1] in self.index: out.append((i, e[0], self.index[e[1]]))
        return out

def main():
    minutes, vae_pt, out = float(sys.argv[1]), sys.argv[2], sys.argv[3]
    os.makedirs(out, exist_ok=True); torch.set_num_threads(1); torch.manual_seed(0)
    tok = tokenizer(); tok.save(f'{out}/tokenizer.json'); w = Words(tok)
    m = build(tok); load_vae(m, vae_pt); start = time.time()
    cache = f'{out}/data-{os.environ.get("NDATA", "5000")}-{sum(float(p.abs().sum()) for p in m.vae.encoder.parameters()):.3f}.pt'
    if os.path.exists(cache): d = torch.load(cache, weights_only=False)
    else:
        d = Data(m, int(os.environ.get('NDATA', '5000')))
        scale = float(1 / d.lat.std()); d.lat *= scale; d.scale = scale; torch.save(d, cache)
    m.cfg.vae.scale = d.scale; d.large = [i for i, x in enumerate(d.scenes) if x[1][0][2] == "large"]
    guess = torch.nn.Linear(m.cfg.mar.dim, 16); whole = torch.nn.ModuleDict({"m": m, "guess": guess})
    team = Team(whole, is_matrix=lambda n: not any(k in n for k in ('embed_tokens', 'pos', 'fake_latent', 'mask_token', 'guess', 'patch_embedding', 'input_proj', 'z_proj.', 'final_layer.linear')))
    if len(sys.argv) > 4: team.load(torch.load(sys.argv[4], weights_only=False)["team"])
    first = int(team.count)
    print(f'data {time.time()-start:.0f}s, {d.all} scenes, latent mean {float(d.lat.mean()):.3f} scale {d.scale:.4f}, {team.total/1e6:.2f}M trained, vocabulary {m.cfg.llm.vocab_size}, from step {first}', flush=True)
    start = time.time()

    def clock(): return (time.time() - start) / (minutes * 60)
    def schedule(share, n): return PEAK * min(1, (n - first + 1) / 60) * max(0, min(1, (1 - share) / (1 - HOLD)))
    def save():
        torch.save({"team": team.state(), "scale": d.scale, "vae": {k: v.half() for k, v in m.vae.state_dict().items()}}, f'{out}/last.tmp'); os.replace(f'{out}/last.tmp', f'{out}/last.pt')

    def worker(rank):
        torch.set_num_threads(1); torch.manual_seed(first * 2 + rank); rng = random.Random(first * 2 + rank + 7); team.bind(whole, rank)
        hist, saved = {}, time.time(); step = 0
        def note(**kv):
            for k, v in kv.items(): hist.setdefault(k, []).append(v.item())
        while True:
            # how much is masked: as the sampler's cosine, spread evenly over steps; often everything, where all must come from the text
            u = ((first + step) * 2 + rank) * .6180339887 % 1
            k = N if u < ALL else max(1, math.floor(N * math.cos(math.pi / 2 * (u - ALL) / (1 - ALL))))
            i = d.pick(rng, B_DRAW)
            ids, valid = w.batch([w.ids(INS.format(DRAW + scenes.prompt(d.scenes[j], rng)[0] if rng.random() > .1 else NODRAW)) for j in i])
            loss, rough = draw_loss(m, guess, d.lat[i], m.embed(ids), valid, k); (loss + 2 * rough).backward(); note(draw=loss, guess=rough)
            if k == N: note(guess0=rough)
            what = (step + rank * 4) % 8
            if what not in (1, 5):
                es = d.edits(rng, B_EDIT); lat = d.lat[[e[0] for e in es]]
                with torch.autocast('cpu', torch.bfloat16, enabled=BF16): x_con, z = see(m, lat)
                # without guidance the model must know what edits there are, not which: "Repeat this image." stands for any
                emb, valid, _, _ = with_image(m, w, z, [REPEAT if rng.random() < .12 else e[1] for e in es])
                loss, rough = draw_loss(m, guess, d.lat[[e[2] for e in es]], emb, valid, k, x_con); (loss + 2 * rough).backward(); note(edit=loss, eguess=rough)
            else:
                i = d.pick(rng, B_TEXT)
                with torch.autocast('cpu', torch.bfloat16, enabled=BF16):
                    if what == 1:
                        px = d.px[i].float() / 127.5 - 1
                        z = m.siglip2_proj(m.siglip2(px + .05 * rng.random() * torch.randn_like(px)).last_hidden_state)
                    else: z = see(m, d.lat[i] + .2 * rng.random() * torch.randn(len(i), N, 16))[1]
                    answers = [w.ids(scenes.caption(d.scenes[j])) + [w.end] for j in i]
                    emb, valid, ids, at = with_image(m, w, z, [DESCRIBE] * len(i), answers)
                    hid = llm(m, emb, valid)
                ask = len(w.ids(AFTER.format(DESCRIBE))); lab = ids[:, ask:].masked_fill(~valid[:, at + ask:], -100)
                loss = F.cross_entropy(m.llm.lm_head(hid[:, at + ask - 1:-1]).flatten(0, 1), lab.flatten(), ignore_index=-100)
                (loss * .3).backward(); note(**{'siglip' if what == 1 else 'mar': loss})
            share = team.step(clock, schedule); step += 1
            if share >= 1: break
            if rank == 0 and step % 20 == 0:
                print(first + step, f'{time.time()-start:.0f}s cpu {time.process_time():.0f}s', ' '.join(f'{k} {np.mean(v[-40:]):.4f}' for k, v in hist.items()), flush=True)
            if rank == 0 and time.time() - saved > 120: save(); saved = time.time()

    print(team.run(worker)); save(); print('done', int(team.count), flush=True)

if __name__ == '__main__': main()
