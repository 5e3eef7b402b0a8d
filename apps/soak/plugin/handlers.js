// What the soak runs: each export is one kind of work or one way to go wrong.

export function answers({ value }) {
  return { value };
}

export async function readsAndWrites({ name, text }, ctx) {
  await ctx.fs.writeFile(`out/${name}.txt`, text);
  const back = await ctx.fs.readFile(`out/${name}.txt`, 'utf8');
  await ctx.fs.remove(`out/${name}.txt`);
  return back;
}

export async function keepsAnArtifact({ name, text }, ctx) {
  const { uri } = await ctx.artifacts.write(`${name}.txt`, text);
  const artifact = await ctx.artifacts.read(uri);
  await ctx.artifacts.delete(uri);
  return artifact.byteLength;
}

export async function talks({ topic }, ctx) {
  const heard = ctx.events.waitFor(topic, { timeoutMs: 10_000 });
  await ctx.events.publish(topic, { at: 1 });
  ctx.analytics.track('talked', { topic });
  ctx.log.info('talked');
  return (await heard).payload;
}

export async function fetches({ url }, ctx) {
  const response = await ctx.fetch(url);
  return response.text();
}

export function says({ lines }) {
  for (let line = 0; line < lines; line += 1) console.log(`line ${line} of ${lines}`);
  return lines;
}

export function throws() {
  throw new TypeError('this handler always fails');
}

export function spins() {
  for (;;);
}

export async function waits(_, ctx) {
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
  throw ctx.signal.reason;
}

export function bombs() {
  const kept = [];
  for (;;) kept.push(new Uint8Array(4 * 1024 * 1024).fill(1));
}

export function exits() {
  process.exit(3);
}

export async function babbles() {
  const { writeSync } = await import('node:fs');
  writeSync(3, 'this is no frame at all, and was never one');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

export function overflows({ bytes }) {
  return 'x'.repeat(bytes);
}
