import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inProcessSandbox } from '../../src/in-process/in-process-sandbox.js';
import { outputCost } from '../../src/wire/output-budget.js';
import { makePlugin, runOnce } from '../fork/fork-scene.js';

describe('the output of an honest guest', () => {
  const sandbox = inProcessSandbox();

  it('counts the same on both sides, so that the host cuts it and never ends the guest', async () => {
    using plugin = makePlugin({
      'main.mjs':
        'export const handle = (lines, ctx) => { for (const [text, fields] of lines) ctx.log.info(text, fields); };',
    });
    const text = fc.string({ unit: fc.constantFrom('a', 'ä', '€', '😀', '\ud800'), maxLength: 3_000 });
    const fields = fc.constantFrom({}, { price: '€', raw: new Uint8Array(40) });
    const lines = fc.array(fc.tuple(text, fields), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 4_000 }), async (input, maxOutputBytes) => {
        const { outcome, notes } = await runOnce(sandbox, plugin.root, { input, limits: { maxOutputBytes } });
        const said = notes.flatMap((note) => (note.kind === 'log' ? [note] : []));
        const own = said.filter(({ source }) => source === 'log');
        const bytes = own.reduce((sum, note) => sum + Buffer.byteLength(note.text), 0);
        expect(outcome.ok).toBe(true);
        expect(bytes).toBeLessThanOrEqual(maxOutputBytes);
        expect(outcome.usage.outputBytes).toBeLessThanOrEqual(maxOutputBytes);
        const wanted = input.reduce((sum, [line, more]) => sum + outputCost(line, more), 0);
        expect(said.some(({ source }) => source === 'sandbox')).toBe(wanted > maxOutputBytes);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('is cut where it floods as well, with any characters', async () => {
    using plugin = makePlugin({
      'main.mjs':
        "export const handle = (_, ctx) => { for (let n = 0; n < 20_000; n += 1) ctx.log.info('€😀'.repeat(500)); return 'done'; };",
    });
    const { outcome, notes } = await runOnce(sandbox, plugin.root, { limits: { maxOutputBytes: 50_000 } });
    expect(outcome).toMatchObject({ ok: true, value: 'done', usage: { outputBytes: 50_000 } });
    expect(notes.at(-1)).toMatchObject({ source: 'sandbox', text: 'output was cut at 50000 bytes (maxOutputBytes)' });
  });
});
