"""Trains the demo model's autoencoder. usage: train_vae.py MINUTES OUT.pt [RESUME.pt]

The decoder sees the latents with noise, so that small errors of the sampler vanish.
"""
import math, os, sys, time, random
import numpy as np, torch, torch.nn.functional as F
import unipic_reference as R, scenes
from team import Team

CONFIG = R.VaeConfig(ch=32, num_res_blocks=1, groups=8)
NOISE = .2
PEAK = float(os.environ.get('LR', '1.5e-3'))
BATCH = int(os.environ.get('VB', '8'))

DECODER = os.environ.get('DECODER') == '1'

def averaged(team):
    return {n: team["E"][off:off + math.prod(shape)].view(shape) for n, off, shape, _ in team["layout"]}

def main():
    minutes, out = float(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1); torch.manual_seed(0)
    vae = R.AutoencoderKL(CONFIG)
    resume = torch.load(sys.argv[3]) if len(sys.argv) > 3 else {}
    if "model" in resume: vae.load_state_dict(resume["model"])          # a plain checkpoint
    if DECODER:                                                         # the latents stay as they are
        for n, p in vae.named_parameters(): p.requires_grad_(n.startswith(("decoder", "post_quant")))
        if "team" in resume: vae.load_state_dict(averaged(resume.pop("team")))
    team = Team(vae, ranks=int(os.environ.get('RANKS', '2')), weight_decay=0, ema=.98)
    if "team" in resume: team.load(resume["team"]); team.count.zero_()
    train = [s for s in scenes.SCENES if not scenes.held_out(s)]
    random.Random(0).shuffle(train); train = [s for s in train if s[1][0][2] == "large"] * 4 + train[:1600]
    X = torch.from_numpy(np.stack([np.asarray(scenes.render(s)) for s in train])).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    start = time.time()

    def worker(rank):
        torch.set_num_threads(1); torch.manual_seed(int(time.time()) * 2 + rank); team.bind(vae, rank)
        log = []; saved = time.time()
        while True:
            x = X[torch.randint(0, len(X), (BATCH,))].float() / 127.5 - 1
            with torch.set_grad_enabled(not DECODER): mean, logvar = vae.moments(x)
            rec = vae.decode(mean + NOISE * mean.detach().std() * torch.rand(len(x), 1, 1, 1) * torch.randn_like(mean))
            # shapes and their edges are few of the pixels: they count four times
            near = F.max_pool2d(((x - x[:, :, :1, :1]).abs().amax(1, keepdim=True) > .05).float(), 5, 1, 2)
            err = rec - x; l1 = err.abs().mean()
            ((1 + 3 * near) * (err.abs() + err ** 2)).mean().backward()
            log.append((l1.item(), mean.std().item()))
            if team.step(clock, schedule) >= 1: break
            if rank == 0 and len(log) % 10 == 0:
                a = np.mean(log[-10:], 0); print(len(log), f'{time.time()-start:.0f}s cpu {time.process_time():.0f}s l1 {a[0]:.4f} std {a[1]:.3f}', flush=True)
                if time.time() - saved > 60 and not DECODER: save(); saved = time.time()

    def clock(): return (time.time() - start) / (minutes * 60)
    def schedule(share, n): return PEAK * min(1, (n + 1) / 10) * max(0, min(1, (1 - share) / .8))

    def save():
        st = {"team": team.state()}
        if DECODER: vae.load_state_dict({**vae.state_dict(), **averaged(team.state())}); st = {"model": vae.state_dict()}
        torch.save(st, out + '.tmp'); os.replace(out + '.tmp', out)

    print(team.run(worker)); save()
    print('done', int(team.count))

if __name__ == '__main__': main()
