import type { AuditRecord } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import { collectDenials, describePatches } from '../src/denials.js';

const DENIED: AuditRecord = {
  kind: 'net',
  operation: 'fetch',
  target: 'https://a.test/',
  decision: { allowed: false, reason: 'not-requested' },
  patches: [
    { document: 'manifest', operations: [{ op: 'add', path: '/permissions/net/allow/-', value: 'a.test' }] },
    { document: 'grant', operations: [{ op: 'remove', path: '/permissions/net/deny/0' }] },
  ],
};
const ALLOWED: AuditRecord = {
  ...DENIED,
  decision: { allowed: true, rule: 'a.test', origin: { source: 'grant', pointer: '' } },
};

function reportOf(denials: readonly AuditRecord[]): Parameters<typeof collectDenials>[0] {
  return {
    label: 'a run',
    pluginId: 'a',
    handler: 'run',
    verdict: { met: true, text: '', findings: [] },
    result: undefined,
    denials,
  };
}

describe('denials', () => {
  it('are told once each, with how often', () => {
    const other: AuditRecord = { ...DENIED, target: 'https://b.test/', patches: [] };
    const found = collectDenials(reportOf([DENIED, ALLOWED, other, DENIED]));
    expect(found.map(({ target, reason, times }) => [target, reason, times])).toEqual([
      ['https://a.test/', 'not-requested', 2],
      ['https://b.test/', 'not-requested', 1],
    ]);
  });

  it('say what would lift them, and whose document that is', () => {
    expect(describePatches({ patches: DENIED.patches, reason: 'not-requested' })).toBe(
      'manifest: add /permissions/net/allow/- "a.test"; grant: remove /permissions/net/deny/0',
    );
    expect(describePatches({ patches: [], reason: 'not-delegated' })).toBe('whoever invoked it may not do it either');
    expect(describePatches({ patches: [], reason: 'outside-root' })).toBe('no rule can allow it');
  });
});
