"""One function for each graph: a case of cases.json to the graph's outputs, as docs/conformance-cases.md says."""
import torch


def grid_of(name, n):
    """(h, w) of a named grid, by the side of the trained one."""
    smaller, larger = max(2, n // 2), n + max(1, n // 4)
    return {
        "native": (n, n),
        "smaller": (smaller, smaller),
        "larger": (larger, larger),
        "double": (2 * n, 2 * n),
        "wide": (smaller, larger),
        "tall": (larger, smaller),
    }[name]


def known_of(name, n):
    return {"none": 0, "half": n // 2, "all_but_one": n - 1, "all": n}[name]


def text_embedding(model, case, values):
    ids = values.ids("ids", model.llm.config.vocab_size, case["batch"], case["tokens"])
    return {"embeds": model.text_embedding(ids)}


def text_head(model, case, values):
    return {"logits": model.text_head(values.floats("hidden", case["batch"], model.hidden_size))}


def vision_encoder(model, case, values):
    side = model.vision.image_size
    return {"image_embeds": model.vision_encoder(values.pixels(case["batch"], 3, side, side))}


def pixel_encoder(model, case, values):
    height, width = (model.sizes.downsampling * side for side in grid_of(case["grid"], model.sizes.side))
    return {"latents": model.pixel_encoder(values.pixels(case["batch"], 3, height, width))}


def pixel_decoder(model, case, values):
    h, w = grid_of(case["grid"], model.sizes.side)
    return {"pixels": model.pixel_decoder(values.floats("latents", case["batch"], h, w, model.sizes.latent_channels))}


def pixel_decoder_features(model, case, values):
    h, w = grid_of(case["grid"], model.sizes.side)
    latents = values.floats("latents", case["batch"], h, w, model.sizes.latent_channels)
    return {"features": model.pixel_decoder_features(latents)}


def pixel_decoder_tile(model, case, values):
    sizes, batch = model.sizes, case["batch"]
    h, w = (sizes.downsampling // 2 * side for side in grid_of(case["grid"], sizes.side))
    core = {
        "whole": (0, 0, h, w),
        "middle": (h // 4, w // 4, h // 2, w // 2),
        "corner": (0, 0, h // 2, w // 2),
    }[case["tile"]]
    features = values.floats("features", batch, sizes.vae_levels[1], h, w)
    statistics = None
    if not case.get("own_statistics"):
        mean, drawn = values.floats("statistics", 2 * sizes.vae_decoder_blocks + 1, batch, sizes.norm_groups, 2).unbind(-1)
        statistics = torch.stack([mean, (drawn.float().abs() + 0.5).to(mean.dtype)], dim=-1)
    pixels, core_statistics = model.pixel_decoder_tile(features, core, statistics)
    return {"pixels": pixels, "core_statistics": core_statistics}


def mar_encoder(model, case, values):
    grid = grid_of(case["grid"], model.sizes.side)
    positions, _ = split_positions(case, values, case["batch"], grid)
    tokens = values.floats("tokens", *positions.shape, model.sizes.latent_channels)
    encoded, embeds = model.mar_encoder(tokens, positions, grid)
    outputs = {"x_enc": encoded, "z_enc": embeds}
    return {**outputs, "canvas": model.canvas(encoded)} if case["known"] == "all" else outputs


def decoder_step(model, case, values):
    sizes = model.manifest_sizes()
    batch, new = case["batch"], case["tokens"]
    before = min(case["past"], sizes["context"] - new)
    embeds = values.floats("embeds", case.get("rows", batch), new, model.hidden_size)
    shape = batch, sizes["kv_heads"], before, sizes["head_dim"]
    past = [
        (values.floats(f"past_key.{layer}", *shape), values.floats(f"past_value.{layer}", *shape))
        for layer in range(sizes["layers"])
    ]
    shown = torch.ones(batch, before, dtype=torch.bool)
    if case.get("padded"):
        shown[1:, before - before // 3 :] = False
    hidden, present = model.decoder_step(embeds[torch.arange(batch) % len(embeds)], past, shown)
    outputs = {"hidden": hidden}
    for layer in {0, sizes["layers"] - 1}:
        keys, appended = present[layer]
        outputs[f"present_key.{layer}"] = keys[:, :, before:]
        outputs[f"present_value.{layer}"] = appended[:, :, before:]
    return outputs


def mar_decoder(model, case, values):
    return {"z": model.mar_decoder(*decoder_inputs(model, case, values))}


def mar_decoder_cached(model, case, values):
    inputs = decoder_inputs(model, case, values)
    positions, predict, grid = inputs[2], inputs[3], inputs[5]
    buffers, dim = model.sizes.buffers, model.sizes.dim
    places, reused = buffers + grid[0] * grid[1], case.get("reused")
    known, asked = (buffers + positions).tolist(), (buffers + predict).tolist()
    computed = [{*range(buffers if reused else places), *row} - {*ask} for row, ask in zip(known, asked)]
    refresh = torch.tensor([sorted(row) for row in computed])
    if reused == "half":
        reuse = values.permutations("reuse", len(positions), places)[:, : places // 2]
    else:
        rest = [sorted({*range(places)} - row - {*ask}) if reused == "others" else [] for row, ask in zip(computed, asked)]
        reuse = torch.tensor(rest, dtype=torch.long)
    shape = case["batch"], places if reused else 0, dim
    past = [
        (values.floats(f"past_key.{block}", *shape), values.floats(f"past_value.{block}", *shape))
        for block in range(model.sizes.decoder_blocks)
    ]
    z, present = model.mar_decoder_cached(*inputs, refresh, reuse, past)
    outputs = {"z": z}
    for block in {0, len(present) - 1}:
        outputs[f"present_key.{block}"], outputs[f"present_value.{block}"] = present[block]
    return outputs


def decoder_inputs(model, case, values):
    """x_enc, llm_hidden, positions, predict, canvas, grid."""
    grid = grid_of(case["grid"], model.sizes.side)
    rows, dim, buffers = case.get("rows", case["batch"]), model.sizes.dim, model.sizes.buffers
    positions, permutation = split_positions(case, values, rows, grid)
    known = positions.shape[1]
    rest = permutation[:, known:]
    predict = {"one": rest[:, :1], "rest": rest, "all": permutation}[case["predict"]]
    full = case.get("canvas") == "full"
    canvas = values.floats("canvas", 1, buffers + grid[0] * grid[1] if full else 0, dim)
    encoded = values.floats("x_enc", rows, buffers + known, dim)
    hidden = values.floats("llm_hidden", case["batch"], known + buffers, model.hidden_size)
    return encoded, hidden, positions, predict, canvas, grid


def diffusion_head(model, case, values):
    x = values.floats("x", case["tokens"], model.sizes.latent_channels)
    z = values.floats("z", case["tokens"], model.sizes.dim)
    return {"eps_and_variance": model.diffusion_head(x, case["timestep"], z)}


def token_sampler(model, case, values):
    tokens, guidance = case["tokens"], case["guidance"]
    z = values.floats("z", tokens if guidance == 1 else 2 * tokens, model.sizes.dim)
    noise = values.floats("noise", case.get("last", case["steps"]) + 1, tokens, model.sizes.latent_channels)
    return {"tokens": model.token_sampler(z, noise, case["steps"], guidance, case["temperature"])}


def split_positions(case, values, rows, grid):
    """(positions of the known tokens, ascending [rows,V]; the permutation [rows,N] that begins with them)."""
    n = grid[0] * grid[1]
    permutation = values.permutations("positions", rows, n)
    return permutation[:, : known_of(case["known"], n)].sort(dim=1).values, permutation


STAGES = {
    stage.__name__: stage
    for stage in (
        text_embedding,
        text_head,
        vision_encoder,
        pixel_encoder,
        pixel_decoder,
        pixel_decoder_features,
        pixel_decoder_tile,
        mar_encoder,
        decoder_step,
        mar_decoder,
        mar_decoder_cached,
        diffusion_head,
        token_sampler,
    )
}
