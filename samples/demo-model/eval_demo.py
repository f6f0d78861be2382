"""Judges the demo model on scenes never trained on (held-out ones included): images, captions, edits.

usage: eval_demo.py OUT_DIR COUNT SHEET.png     settings by environment: K=12 STEPS=50 CFG=3 TEMP=1 ECFG=CFG SEED=4242 RAW=0
"""
import sys, os, random, json, math, time
import numpy as np, torch
import train_demo as T, unipic_reference as R, scenes, judge
from tokenizers import Tokenizer
from PIL import Image

def load(out, raw=False):
    """-> model with the averaged (or raw) weights of last.pt, words."""
    ck = torch.load(f'{out}/last.pt', weights_only=False); tok = Tokenizer.from_file(f'{out}/tokenizer.json')
    m = T.build(tok).eval(); m.vae.load_state_dict(ck['vae']); m.cfg.vae.scale = ck['scale']; params = dict(m.named_parameters())
    st = ck['team']
    for n, off, shape, _ in st['layout']:
        if n.startswith('m.'): params[n[2:]].data.copy_(st['P' if raw else 'E'][off:off + math.prod(shape)].view(shape))
    return m, T.Words(tok), st['count']

@torch.no_grad()
def sample(m, cond, uncond, orders, noise, K, cfg, temp, steps, x_con=None):
    """UniPic.generate for a batch: cond, uncond = (embeds, valid); orders [B,N]; noise [steps+1,B,N,16]."""
    B = len(orders); schedule = R.DiffusionSchedule(steps); tokens = torch.zeros(B, T.N, 16); left0 = T.N
    for k in range(K):
        left = max(1, min(left0 - 1, math.floor(T.N * math.cos(math.pi / 2 * (k + 1) / K)))) if k < K - 1 else 0
        visible = orders[:, left0:].sort(1).values; idx = orders[:, left:left0]
        pick = lambda a: torch.gather(a, 1, idx[..., None].expand(-1, -1, a.shape[-1])).reshape(-1, a.shape[-1])
        zs = [pick(T.conditions(m, tokens, visible, *p, x_con)) for p in ([cond, uncond] if cfg != 1 else [cond])]
        nz = torch.stack([pick(n) for n in noise])
        new = R.sample_tokens(m.mar.diffloss.net, zs[0], zs[1] if cfg != 1 else None, nz, schedule, cfg, temp)
        tokens = tokens.scatter(1, idx[..., None].expand(-1, -1, 16), new.view(B, -1, 16)); left0 = left
    return tokens

def images(m, tokens):
    with torch.no_grad(): x = R.to_uint8(m.decode_pixels(tokens.view(-1, T.GRID, T.GRID, 16)))
    return [Image.fromarray(a.numpy()) for a in x]

def chance(seed, B, steps):
    g = torch.Generator().manual_seed(seed)
    return torch.rand(B, T.N, generator=g).argsort(1), torch.randn(steps + 1, B, T.N, 16, generator=g)

def draw(m, w, texts, seed, K, cfg, temp, steps):
    with torch.no_grad():
        e = []
        for t in (texts, None):
            ids, valid = w.batch([w.ids(T.INS.format(T.DRAW + x if t else T.NODRAW)) for x in texts]); e.append((m.embed(ids), valid))
    orders, noise = chance(seed, len(texts), steps)
    return images(m, sample(m, *e, orders, noise, K, cfg, temp, steps))

def pixels(ims): return torch.from_numpy(np.stack([np.asarray(i) for i in ims])).permute(0, 3, 1, 2).float() / 127.5 - 1

def latents(m, ims): return m.encode_pixels(pixels(ims)).reshape(len(ims), T.N, 16)

def edit(m, w, ims, texts, seed, K, cfg, temp, steps):
    with torch.no_grad():
        x_con, z = T.see(m, latents(m, ims)); e = [T.with_image(m, w, z, t)[:2] for t in (texts, [T.REPEAT] * len(texts))]
    orders, noise = chance(seed, len(texts), steps)
    return images(m, sample(m, *e, orders, noise, K, cfg, temp, steps, x_con))

@torch.no_grad()
def describe(m, w, ims, path):
    z = m.siglip_visual(pixels(ims)) if path == 'siglip' else T.see(m, latents(m, ims))[1]
    emb, valid, _, _ = T.with_image(m, w, z, [T.DESCRIBE] * len(ims)); out = [[] for _ in ims]
    for _ in range(24):
        nxt = m.llm.lm_head(T.llm(m, emb, valid)[:, -1]).argmax(-1)
        for o, t in zip(out, nxt.tolist()): o.append(t)
        emb = torch.cat([emb, m.embed(nxt)[:, None]], 1); valid = torch.cat([valid, torch.ones(len(ims), 1, dtype=torch.bool)], 1)
    return [w.tok.decode(o[:o.index(w.end)] if w.end in o else o, skip_special_tokens=True) for o in out]

def sheet(ims, path, wide=8):
    p = scenes.PX; s = Image.new('RGB', (wide * (p + 2), -(-len(ims) // wide) * (p + 2)), (255, 255, 255))
    for i, im in enumerate(ims): s.paste(im, ((i % wide) * (p + 2), (i // wide) * (p + 2)))
    s.save(path)

def main():
    torch.set_num_threads(int(os.environ.get('THREADS', 1))); env = lambda k, d: type(d)(os.environ.get(k, d))
    out, n, png = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    K, STEPS, CFG, TEMP, SEED = env('K', 12), env('STEPS', 50), env('CFG', 3.0), env('TEMP', 1.0), env('SEED', 4242); ECFG = env('ECFG', CFG)
    m, w, step = load(out, env('RAW', 0)); j = judge.Judge(); rng = random.Random(SEED); t0 = time.time()
    hidden = [s for s in scenes.SCENES if scenes.held_out(s)]; one = [s for s in scenes.SCENES if len(s[1]) == 1]
    # a third one object, a third two, a third two in a combination never seen
    fresh = lambda i: rng.choice(one if i % 3 == 0 else hidden if i % 3 == 2 else scenes.SCENES)
    report = dict(step=step, n=n, iterations=K, diffusion_steps=STEPS, guidance=CFG, edit_guidance=ECFG, temperature=TEMP); show = []
    for name, full in (("full", True), ("free", False)):
        ok, whole, err, seen, ims = [], [], [], [], []
        want = [fresh(i) for i in range(n)]; ps = [scenes.prompt(s, rng, full) for s in want]
        for i in range(0, n, 12): ims += draw(m, w, [p for p, _ in ps[i:i + 12]], SEED + i, K, CFG, TEMP, STEPS)
        for i, (im, s, (p, known)) in enumerate(zip(ims, want, ps)):
            got, e = j(im); a = judge.attributes(s, got, known); ok += a; whole.append(all(a)); err.append(e); seen.append(scenes.held_out(s))
            if i < 24 and not all(a): print(f'  {name} {i}:', p, '->', scenes.caption(got), f'{e:.1f}', flush=True)
        report[name] = dict(attributes=round(np.mean(ok), 4), images=round(np.mean(whole), 4), held_out=round(np.mean([x for x, h in zip(whole, seen) if h] or [0]), 4), pixel_error=round(np.mean(err), 2))
        show += ims[:24 if full else 8]
    src = [fresh(i) for i in range(n)]; ims = [scenes.render(s) for s in src]
    for path in ('siglip', 'mar'):
        said = sum([describe(m, w, ims[i:i + 20], path) for i in range(0, n, 20)], [])
        for s, t in list(zip(src, said))[:12]:
            if t != scenes.caption(s): print('  ', path, '|', t, '| not |', scenes.caption(s))
        report['caption_' + path] = round(np.mean([t == scenes.caption(s) for s, t in zip(src, said)]), 4)
    jobs = []
    while len(jobs) < n:
        s = fresh(len(jobs)); e = scenes.edits(s, rng)
        if e: jobs.append((s, *e))
    ims, res, ok, whole = [scenes.render(s) for s, _, _ in jobs], [], [], []
    for i in range(0, n, 12): res += edit(m, w, ims[i:i + 12], [t for _, t, _ in jobs[i:i + 12]], SEED + 1000 + i, K, ECFG, TEMP, STEPS)
    for i, (im, (s, t, after)) in enumerate(zip(res, jobs)):
        got, e = j(im); a = judge.attributes(after, got, {"background", "arrangement"} | {(k, q) for q in range(len(s[1])) for k in ("color", "shape")}); ok += a; whole.append(all(a))
        if i < 8: show += [ims[i], im]
        if i < 24 and not all(a): print('   edit', scenes.caption(s), '|', t, '->', scenes.caption(got), f'{e:.1f}')
    report['edits'] = dict(attributes=round(np.mean(ok), 4), images=round(np.mean(whole), 4)); report['seconds'] = round(time.time() - t0)
    sheet(show, png); print(json.dumps(report), flush=True)

if __name__ == '__main__': main()
