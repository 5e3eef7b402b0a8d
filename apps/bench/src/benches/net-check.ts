import { compilePolicy } from '@kb-labs/permissions';
import type { Bench } from '../bench.js';
import { interleaveLoops } from '../interleave.js';
import { row } from '../row.js';
import { median } from '../statistics.js';

const HOSTS = 1000;

export const netCheck: Bench = {
  name: 'net-check',
  title: 'a decision on a URL, as text, among 1 000 hosts, beside new URL(url).hostname',
  async run({ quick, signal }) {
    const allow = Array.from({ length: HOSTS }, (_, index) =>
      index % 4 === 3 ? `*.zone-${index}.example.org` : `api-${index}.example.com`,
    );
    const policy = compilePolicy({ net: { allow } }, { root: '/' });
    // Of four URLs two are allowed by name, one as a name below another, and one by no rule.
    const urls = Array.from({ length: 64 }, (_, index) => {
      const at = index * 12;
      const host = [
        `api-${at}.example.com`,
        `api-${at + 1}.example.com`,
        `a.zone-${at + 3}.example.org`,
        `api-${at + 2}.test`,
      ];
      return ['https://', host[index % 4], '/v1/items?page=', index].join('');
    });
    const check = (url: string): boolean => policy.check({ kind: 'net', url }).allowed;
    const allowed = urls.filter(check).length;
    if (allowed !== 48) throw new Error(`${allowed} of 64 URLs are allowed, and 48 should be`);
    const samples = await interleaveLoops(
      {
        ours: (index) => check(urls[index & 63] ?? ''),
        parser: (index) => new URL(urls[index & 63] ?? '').hostname,
      },
      { rounds: quick ? 80 : 400, calls: 6400, signal },
    );
    const figures = { floor: median(samples.parser) * 1e6, peers: {}, unit: 'ns' };
    return [row('net-check', { ...figures, ours: median(samples.ours) * 1e6 })];
  },
};
