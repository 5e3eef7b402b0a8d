import { checkCapabilities, compileGrants } from '@kb-labs/capabilities';
import type { Bench } from '../bench.js';
import { interleaveLoops } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const GRANTED = ['fs.read', 'net.*', 'env.read', 'artifacts.write', 'acme.mail@1.4.0'];
const REQUIRED = [
  'fs.read',
  'fs.write',
  'net.fetch',
  'env.read',
  'shell.run',
  'artifacts.write',
  'acme.mail',
  'plugin.invoke',
];

export const capabilityCheck: Bench = {
  name: 'capability-check',
  title: 'whether compiled grants cover one capability, beside the check that reads both lists each time',
  async run({ quick, signal }) {
    const grants = compileGrants(GRANTED);
    const rounds = quick ? 80 : 400;
    const { ours } = await interleaveLoops(
      { ours: (index) => grants.covers(REQUIRED[index & 7] ?? '') },
      { rounds, calls: 80_000, signal },
    );
    const { once } = await interleaveLoops(
      { once: (index) => checkCapabilities([REQUIRED[index & 7] ?? ''], GRANTED) },
      { rounds, calls: 400, signal },
    );
    const peers = { 'checkCapabilities, which compiles each time': 1000 / median(once) };
    return [row('capability-check', { ours: 1000 / median(ours), floor: null, peers, unit: 'a second' })];
  },
};
