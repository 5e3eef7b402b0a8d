// Prints, as JSON, the median milliseconds of the trivial handler in isolated-vm: in a new isolate each time, and in one that is used again.
import ivm from 'isolated-vm';

const [rounds] = process.argv.slice(2).map(Number);
const input = { text: 'the same payload for all', n: 1 };
const copies = { arguments: { copy: true }, result: { copy: true, promise: true } };

async function openIsolate() {
  const isolate = new ivm.Isolate({ memoryLimit: 64 });
  const context = await isolate.createContext();
  return { isolate, trivial: await context.eval('(input) => input', { reference: true }) };
}

async function inNewIsolate() {
  const { isolate, trivial } = await openIsolate();
  await trivial.apply(undefined, [input], copies);
  isolate.dispose();
}

async function medianOf(call) {
  const samples = [];
  for (let round = -3; round < rounds; round += 1) {
    const start = performance.now();
    await call();
    if (round >= 0) samples.push(performance.now() - start);
  }
  return samples.toSorted((a, b) => a - b)[samples.length >> 1];
}

const { trivial } = await openIsolate();
const fresh = await medianOf(inNewIsolate);
const warm = await medianOf(() => trivial.apply(undefined, [input], copies));
process.stdout.write(JSON.stringify({ fresh, warm }));
process.exit(0);
