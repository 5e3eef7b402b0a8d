import { compilePolicy } from '@kb-labs/permissions';
import type { Bench } from '../bench.js';
import { interleaveLoops } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const RULES = 100;

export const envCheck: Bench = {
  name: 'env-check',
  title: 'decisions on the names of variables among 100 rules',
  async run({ quick, signal }) {
    const allow = Array.from({ length: RULES }, (_, index) => (index % 4 === 3 ? `APP_${index}_*` : `NAME_${index}`));
    const policy = compilePolicy({ env: { allow, deny: ['NAME_8', 'SECRET_*'] } }, { root: '/' });
    // Half of them are named by a rule; the rest begin as a rule does, are denied, or unknown to all rules.
    const names = Array.from({ length: 64 }, (_, index) => {
      const others = [`APP_${4 * (index % 25) + 3}_KEY`, `SECRET_${index}`, `UNKNOWN_${index}`, `NODE_${index}`];
      return [index % 2 === 0 ? `NAME_${4 * (index % 25)}` : others[(index >> 1) % 4]].join('');
    });
    const samples = await interleaveLoops(
      { ours: (index) => policy.check({ kind: 'env', name: names[index & 63] ?? '' }).allowed },
      { rounds: quick ? 80 : 400, calls: 12_800, signal },
    );
    return [row('env-check', { ours: 1000 / median(samples.ours), floor: null, peers: {}, unit: 'a second' })];
  },
};
