"""The demo model's little world: one or two colored shapes on a plain background, at fixed places and in fixed sizes.

A scene is (background, objects), an object is (color, shape, size, place). Every scene can be listed (SCENES), so that
a full caption says exactly one image; captions that leave a part out leave the choice to the model.
"""
import os
import random
import zlib
from PIL import Image, ImageDraw

PX = int(os.environ.get("PX", "64"))                # the rest is in 128ths of it
COLORS = {"red": (220, 40, 40), "green": (40, 160, 60), "blue": (40, 80, 220), "yellow": (245, 205, 40),
          "purple": (140, 60, 180), "orange": (245, 130, 30), "black": (25, 25, 25)}
BACKGROUNDS = {"white": (245, 245, 245), "gray": (150, 150, 150), "pink": (250, 190, 205), "cyan": (150, 225, 235),
               "brown": (140, 95, 60)}
SHAPES = ["circle", "square", "triangle", "cross"]
PLACES = {"left": (32, 64), "right": (96, 64), "top": (64, 32), "bottom": (64, 96), "center": (64, 64)}
RADIUS = {"small": 24, "large": 42}
WHERE = {"left": "on the left", "right": "on the right", "top": "at the top", "bottom": "at the bottom", "center": "in the center"}


def draw_shape(d, shape, color, cx, cy, r):
    if shape == "circle":
        d.ellipse([cx - r, cy - r, cx + r, cy + r], fill=color)
    elif shape == "square":
        s = r * 0.88
        d.rectangle([cx - s, cy - s, cx + s, cy + s], fill=color)
    elif shape == "triangle":
        d.polygon([(cx, cy - r), (cx + r * 0.95, cy + r * 0.8), (cx - r * 0.95, cy + r * 0.8)], fill=color)
    else:
        a = r * 0.33
        d.rectangle([cx - r, cy - a, cx + r, cy + a], fill=color)
        d.rectangle([cx - a, cy - r, cx + a, cy + r], fill=color)


def render(scene, px=None):
    """-> RGB image, px x px (PX unless told)."""
    background, objects = scene
    px = px or PX
    im = Image.new("RGB", (512, 512), BACKGROUNDS[background])
    d = ImageDraw.Draw(im)
    for color, shape, size, place in objects:
        x, y = PLACES[place]
        draw_shape(d, shape, COLORS[color], x * 4, y * 4, RADIUS[size] * 4)
    return im.resize((px, px), Image.LANCZOS)


def all_scenes():
    """Alone: large in the center, or small anywhere. Two: both small, side by side or one above the other."""
    kinds = [(c, s) for c in COLORS for s in SHAPES]
    one = [((c, s, size, place),) for c, s in kinds for size, place in [("large", "center")] + [("small", p) for p in PLACES]]
    two = [((*a, "small", p), (*b, "small", q)) for a in kinds for b in kinds for p, q in (("left", "right"), ("top", "bottom"))]
    return [(b, o) for o in one + two for b in BACKGROUNDS]


SCENES = all_scenes()


def held_out(scene):
    """One in ten scenes of two objects is never trained on, neither as a image nor as a caption."""
    return len(scene[1]) == 2 and zlib.crc32(repr(scene).encode()) % 10 == 0


def a(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def caption(scene):
    """The full caption: what `describe` answers."""
    background, o = scene
    if len(o) == 1:
        c, s, size, place = o[0]
        where = "" if size == "large" else " " + WHERE[place] + ","
        return f"a {size} {c} {s}{where} on a {background} background"
    rel = "to the left of" if o[0][3] == "left" else "above"
    return f"{a(o[0][0])} {o[0][1]} {rel} {a(o[1][0])} {o[1][1]} on a {background} background"


def prompt(scene, rng, full=False):
    """A caption as users write them: (text, known), known = the parts it names; the rest is the model's choice.

    known: {"background", "arrangement" (place, and size where it matters), and ("color", i), ("shape", i) of every object}
    """
    background, o = scene
    known = {"background", "arrangement"} | {(k, i) for i in range(len(o)) for k in ("color", "shape")}
    drop = (lambda p: False) if full else (lambda p: rng.random() < p)
    names = []
    for i, (c, s, size, place) in enumerate(o):
        if drop(.06):
            known.discard(("color", i)); names.append(s)
        else:
            names.append(f"{c} {s}")
    if len(o) == 1:
        size, place = o[0][2:]
        text, where = names[0], ""
        named = not drop(.3)
        if named: text = f"{size} {text}"
        if size == "small" and not drop(.2): where = " " + WHERE[place]
        if size == "small" and not where or not named and not where: known.discard("arrangement")
        text = a(text) + where
        sep = "," if where else ""
    else:
        sep = ""
        across = o[0][3] == "left"
        if drop(.08):
            known.discard("arrangement")
            text = f"{a(names[0])} and {a(names[1])}"
        elif rng.random() < .5:
            text = f"{a(names[0])} {'to the left of' if across else 'above'} {a(names[1])}"
        else:
            text = f"{a(names[1])} {'to the right of' if across else 'below'} {a(names[0])}"
    if drop(.2): known.discard("background")
    else: text += f"{sep} on a {background} background"
    if drop(.12): text = text[0].upper() + text[1:]
    if drop(.1): text += "."
    return text, known


def edits(scene, rng):
    """A random edit -> (instruction, scene after it)."""
    background, o = scene
    if rng.random() < .6:
        k = rng.randrange(len(o))
        c, s = o[k][:2]
        new = rng.choice([x for x in COLORS if x != c])
        if len(o) == 2 and o[0][:2] == o[1][:2]: return None
        unique = len(o) == 1 or o[0][1] != o[1][1]
        name = s if unique and rng.random() < .35 else f"{c} {s}"
        after = list(o); after[k] = (new, *o[k][1:])
        text, after = f"Make the {name} {new}", (background, tuple(after))
    else:
        new = rng.choice([b for b in BACKGROUNDS if b != background])
        text = f"Change the background to {new}" if rng.random() < .6 else f"Make the background {new}"
        after = (new, o)
    return text + ("" if rng.random() < .2 else "."), after


if __name__ == "__main__":
    rng = random.Random(1)
    print(len(SCENES), "scenes,", sum(map(held_out, SCENES)), "held out")
    for _ in range(25):
        s = rng.choice(SCENES); print(caption(s), "|", *prompt(s, rng), "|", edits(s, rng))
