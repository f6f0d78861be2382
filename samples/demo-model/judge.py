"""Says what a image shows: the scene of scenes.py that looks most like it."""
import numpy as np
from PIL import Image
import scenes

SMALL = 32

class Judge:
    def __init__(self):
        shrink = lambda im: np.asarray(im.resize((SMALL, SMALL), Image.BOX), np.float32)
        # every scene is its background with objects painted over it: mix from masks instead of rendering 8680 images
        self.masks = {}
        for shape in scenes.SHAPES:
            for size, place in [("large", "center")] + [("small", p) for p in scenes.PLACES]:
                old = scenes.BACKGROUNDS, scenes.COLORS
                scenes.BACKGROUNDS, scenes.COLORS = {"b": (0, 0, 0)}, {"c": (255, 255, 255)}
                self.masks[shape, size, place] = shrink(scenes.render(("b", (("c", shape, size, place),)), 128))[..., :1] / 255
                scenes.BACKGROUNDS, scenes.COLORS = old

    def paint(self, scene):
        x = np.ones((SMALL, SMALL, 3), np.float32) * np.array(scenes.BACKGROUNDS[scene[0]], np.float32)
        for c, s, size, place in scene[1]:
            m = self.masks[s, size, place]; x = x * (1 - m) + m * np.array(scenes.COLORS[c], np.float32)
        return x

    def __call__(self, image):
        """-> (scene, mean absolute difference 0..255). Greedy over backgrounds and arrangements, exact within each."""
        a = np.asarray(image.convert("RGB").resize((SMALL, SMALL), Image.BOX), np.float32)
        edge = np.concatenate([a[:2].reshape(-1, 3), a[-2:].reshape(-1, 3), a[:, :2].reshape(-1, 3), a[:, -2:].reshape(-1, 3)])
        bg = min(scenes.BACKGROUNDS, key=lambda k: np.abs(np.median(edge, 0) - scenes.BACKGROUNDS[k]).sum())
        best = None
        kinds = [(c, s) for c in scenes.COLORS for s in scenes.SHAPES]
        def part(places):
            out = []
            for size, p in places:
                # where this object may be: the image is compared there, the rest is left to the other object
                zone = np.max([self.masks[s, size, p] for s in scenes.SHAPES], 0) > 0
                e = {k: np.abs(self.paint((bg, ((*k, size, p),))) - a)[zone[..., 0]].sum() for k in kinds}
                k = min(e, key=e.get); out.append((*k, size, p))
            return tuple(out)
        options = [part([("large", "center")])] + [part([("small", p)]) for p in scenes.PLACES] + [part([("small", "left"), ("small", "right")]), part([("small", "top"), ("small", "bottom")])]
        err = [np.abs(self.paint((bg, o)) - a).mean() for o in options]
        i = int(np.argmin(err))
        return (bg, options[i]), float(err[i])


def attributes(want, got, known):
    """Which of the parts that a prompt names (scenes.prompt) the image shows: a list of booleans."""
    ok = []
    if "background" in known: ok.append(got[0] == want[0])
    same = [o[2:] for o in want[1]] == [o[2:] for o in got[1]]
    if "arrangement" in known: ok.append(same)
    best = []
    # without a named arrangement, either order will do
    orders = [got[1]] if same or len(got[1]) != 2 or "arrangement" in known else [got[1], got[1][::-1]]
    for objs in orders:
        b = []
        for i, o in enumerate(want[1]):
            g = objs[i] if i < len(objs) else (None, None)
            b += [g[j] == o[j] for j, k in ((0, "color"), (1, "shape")) if (k, i) in known]
        if not best or sum(b) > sum(best): best = b
    return ok + best


if __name__ == "__main__":
    import random, time
    j = Judge(); rng = random.Random(3); t = time.time(); bad = 0
    for _ in range(60):
        s = rng.choice(scenes.SCENES); g, e = j(scenes.render(s)); bad += g != s
        if g != s: print(s, g, e)
    print('wrong', bad, (time.time() - t) / 60)
