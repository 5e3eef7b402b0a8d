import type { GuestNote, Sandbox, SandboxAdapter } from '@kb-labs/contracts';
import { makePlugin, planFor, runIn, runOnce } from './fork-scene.js';
import type { GuestRun, PluginFolder, RunOptions } from './fork-scene.js';

export const poll = { timeout: 10_000, interval: 2 };
export const alone = { kind: 'plugin', tenant: 'one', reentrant: false } as const;
export const shared = { ...alone, reentrant: true } as const;

const PLUGIN = `
let count = 0;
const waiting = [];
const id = String(Math.random());
export const me = () => id;
export const counts = () => [id, (count += 1)];
export const timer = () => void setTimeout(() => {}, 1e6);
export const timeless = () => void setTimeout(() => { for (;;); }, 20).unref();
export const fails = () => { throw new Error('no'); };
export const spins = () => { console.log(id); for (;;); };
export const dies = () => process.reallyExit(3);
export const holds = () => void (globalThis.held = Buffer.alloc(90e6, 1));
export const says = async (text, ctx) => {
  console.log('first', text);
  await new Promise((resolve) => waiting.push(resolve));
  console.log('second', text);
  process.stdout.write('third ' + text);
  return [id, text, await ctx.fs.readFile(text)];
};
export const opens = () => { for (const resolve of waiting.splice(0)) resolve(); return id; };
export const waits = async (_, ctx) => {
  console.log(id);
  await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
};
export const ignores = () => { console.log(id); return new Promise(() => setInterval(() => {}, 1e3)); };
`;

/** A plugin whose handlers tell which process they are in, and leave in it what later runs meet. */
export const plugin = (): PluginFolder => makePlugin({ 'main.mjs': PLUGIN });

/** Runs one of its handlers once, in a process that serves one run at a time. */
export async function run(
  adapter: SandboxAdapter,
  { root }: PluginFolder,
  options: RunOptions = {},
): Promise<GuestRun> {
  return await runOnce(adapter, root, { isolation: alone, ...options });
}

/** Begins a run, and tells when its handler has said something. */
export async function begin(adapter: SandboxAdapter, { root }: PluginFolder, options: RunOptions): Promise<BegunRun> {
  const place = await adapter.acquire(planFor(root, { isolation: shared, ...options }));
  const heard = Promise.withResolvers<string>();
  const onNote = (note: GuestNote): void => (note.kind === 'log' ? heard.resolve(note.text) : undefined);
  const done = runIn(place, root, { ...options, onNote });
  return { place, done, said: await heard.promise };
}

/** A run that is under way, and the first that its handler said. */
export interface BegunRun {
  readonly place: Sandbox;
  readonly done: Promise<GuestRun>;
  readonly said: string;
}
