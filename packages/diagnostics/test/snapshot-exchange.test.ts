import { createError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createSnapshotRecorder, listSnapshots, loadSnapshot } from '../src/index.js';
import type { LoadedSnapshot } from '../src/index.js';
import { recordRun } from './record-run.js';
import type { RunScript } from './record-run.js';
import { temporaryFolder } from './temporary-folder.js';

async function take(script: Omit<RunScript, 'code'>, maxBytes = 65_536): Promise<LoadedSnapshot> {
  const directory = await temporaryFolder();
  await using recorder = createSnapshotRecorder({ directory, include: 'all', maxBytes });
  await recordRun({ code: 'export const handle = (input) => input;', ...script }, recorder);
  await recorder.settled();
  return await loadSnapshot((await listSnapshots(directory)).snapshots[0]?.file ?? '');
}

describe('what a handler was given and gave back', () => {
  it('is not written twice where it is the input of the request and the data of the result', async () => {
    const { handled, request, result } = await take({ input: { a: 1 } });
    expect([handled, request.input, result]).toEqual([{}, { a: 1 }, { ok: true, data: { a: 1 } }]);
  });

  it('is not written twice where a schema of the host gave back an equal copy, and its secrets are counted once', async () => {
    const input = { a: 'Bearer abcdefgh1234', long: 'x'.repeat(5000) };
    const copied = await take({ input, parseInput: structuredClone, parseOutput: structuredClone });
    const plain = await take({ input });
    expect([copied.handled, copied.masked, copied.cut]).toEqual([{}, plain.masked, 0]);
    expect(copied.masked).toBeGreaterThan(0);
  });

  it('stands beside them where the schemas of the host made something else of it', async () => {
    const { handled, request, result } = await take({
      input: { n: '1' },
      parseInput: () => ({ n: 1, password: 'hidden' }),
      parseOutput: (output) => [output],
    });
    const given = { n: 1, password: '[redacted]' };
    expect(request.input).toEqual({ n: '1' });
    expect(handled).toEqual({ input: given, output: given });
    expect(result).toEqual({ ok: true, data: [given] });
  });

  it('is null or undefined where it was', async () => {
    const nothing = await take({ input: 1, parseInput: () => null, parseOutput: () => 2 });
    expect(nothing.handled).toEqual({ input: null, output: null });
    const absent = await take({ input: 1, parseInput: () => undefined, parseOutput: () => 2 });
    expect(absent.handled).toEqual({ input: { $: 'undefined' }, output: { $: 'undefined' } });
  });

  it('is there where the host refused the output', async () => {
    const refuse = (): never => {
      throw createError('ERR_OUTPUT_INVALID', 'no');
    };
    const { handled, result } = await take({ input: { a: 1 }, parseOutput: refuse });
    expect([handled, result.ok]).toEqual([{ output: { a: 1 } }, false]);
  });

  it('is left out where it has no room, and counted', async () => {
    const parseInput = (): unknown => Array.from({ length: 20 }, () => 'x'.repeat(4000));
    const { handled, cut } = await take({ input: 1, parseInput, parseOutput: () => 2 });
    expect([handled, cut]).toEqual([{ input: { $: 'cut' }, output: { $: 'cut' } }, 2]);
  });
});
