// OpenAI's client for JavaScript against a server with the built-in model. UNIPIC_URL says where that is: run.sh.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import OpenAI, { toFile } from 'openai';

const url = process.env.UNIPIC_URL;
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
const prompt = 'a red circle on a white background';
const small = { prompt, size: '64x64', iterations: 4, num_inference_steps: 10, seed: 7 };
const long = { prompt, size: '1024x1024', iterations: 1024, num_inference_steps: 1000 };

const health = async () => (await fetch(`${url}/health`)).json();

async function until(condition) {
  while (!condition(await health())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const isPng = (base64) => Buffer.from(base64, 'base64').subarray(1, 4).toString() === 'PNG';

/** A PNG file of 64 x 64 pixels. */
function png(rgba) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const header = Buffer.from([0, 0, 0, 64, 0, 0, 0, 64, 8, 6, 0, 0, 0]);
  const rows = Buffer.concat(
    Array.from({ length: 64 }, (_, y) =>
      Buffer.concat([Buffer.from([0]), ...Array.from({ length: 64 }, (_, x) => Buffer.from(rgba(x, y)))]),
    ),
  );
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc(bytes) {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

test('models', async () => {
  const models = await client.models.list();
  assert.equal(models.data.length, 1);
});

test('an image', async () => {
  const first = await client.images.generate(small);
  const second = await client.images.generate(small);
  assert.ok(isPng(first.data[0].b64_json));
  assert.equal(first.data[0].b64_json, second.data[0].b64_json);
});

test('a stream with previews', async () => {
  const types = [];
  for await (const event of await client.images.generate({ ...small, stream: true, partial_images: 2 })) {
    types.push(event.type);
    assert.ok(isPng(event.b64_json));
  }
  assert.deepEqual(types, [
    'image_generation.partial_image', 'image_generation.partial_image', 'image_generation.completed',
  ]);
});

test('an edit with a mask whose transparent half is regenerated', async () => {
  const image = png(() => [0, 0, 255, 255]);
  const mask = png((x) => [255, 255, 255, x < 32 ? 0 : 255]);
  const answer = await client.images.edit({
    ...small,
    image: await toFile(image, 'image.png', { type: 'image/png' }),
    mask: await toFile(mask, 'mask.png', { type: 'image/png' }),
  });
  assert.equal(answer.size, '64x64');
  assert.ok(isPng(answer.data[0].b64_json));
});

const question = {
  model: 'unipic',
  max_tokens: 8,
  messages: [{
    role: 'user',
    content: [
      { type: 'text', text: 'what color is the background?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png(() => [0, 0, 255, 255]).toString('base64')}` } },
    ],
  }],
};

test('a question about an image, whole and streamed', async () => {
  const whole = await client.chat.completions.create(question);
  let text = '';
  let usage;
  const stream = await client.chat.completions.create({
    ...question, stream: true, stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.ok(text.length > 0);
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(usage.total_tokens, whole.usage.total_tokens);
});

test('an error has its status and names the field', async () => {
  await assert.rejects(client.images.generate({ ...small, n: 99 }), (error) => {
    assert.equal(error.status, 400);
    assert.equal(error.param, 'n');
    return true;
  });
});

test('AbortController ends the job, and a refused request is tried again', async () => {
  const abort = new AbortController();
  const running = client.images.generate(long, { signal: abort.signal });
  running.catch(() => {});
  await until((state) => state.running === 1);
  // The server was started without a queue.
  await assert.rejects(client.images.generate(small, { maxRetries: 0 }), OpenAI.RateLimitError);
  const retried = client.images.generate(small, { maxRetries: 5 });
  abort.abort();
  await assert.rejects(running, OpenAI.APIUserAbortError);
  assert.ok(isPng((await retried).data[0].b64_json));
  await until((state) => state.running === 0);
});
