import { describe, expect, it } from 'vitest';
import { createError } from '@kb-labs/contracts';
import { describeEnd } from '../../src/fork/describe-end.js';
import type { ProcessEnd } from '../../src/fork/guest-process.js';
import { limits } from './fork-scene.js';

const HEAP = '#\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n';
const facts = { hidden: [], limits, peakBytes: undefined };
const ended = (end: Partial<ProcessEnd>): ProcessEnd => ({
  code: undefined,
  signal: undefined,
  stderr: '',
  spawnError: undefined,
  isKilled: false,
  ...end,
});

describe('the end of a process', () => {
  it.each(['SIGABRT', 'SIGSEGV', 'SIGILL', 'SIGTRAP'])('is a full heap where V8 says so and ends by %s', (signal) => {
    const error = describeEnd(ended({ signal, stderr: HEAP }), { ...facts, peakBytes: 130.2 * 1_048_576 });
    expect(error).toMatchObject({ code: 'ERR_MEMORY_EXCEEDED', details: { quota: 'memoryMb', used: 131, limit: 128 } });
  });

  it('is a full heap of its quota where nobody has measured it', () => {
    const error = describeEnd(ended({ signal: 'SIGABRT', stderr: HEAP }), facts);
    expect(error).toMatchObject({ code: 'ERR_MEMORY_EXCEEDED', details: { used: 128 } });
  });

  it.each<[string, Partial<ProcessEnd>, string]>([
    ['the words of V8 and a code of its own', { code: 134, stderr: HEAP }, 'exit code 134'],
    ['the words of V8 and a signal from elsewhere', { signal: 'SIGKILL', stderr: HEAP }, 'signal SIGKILL'],
    ['the signal of V8 and no words', { signal: 'SIGABRT', stderr: 'Aborted\n' }, 'signal SIGABRT'],
    ['a code', { code: 0 }, 'exit code 0'],
  ])('is a crash where there are %s', (_, end, how) => {
    const { code, message, details } = describeEnd(ended(end), facts);
    expect([code, message]).toEqual([
      'ERR_SANDBOX_CRASHED',
      `the guest ended by itself before it had a result: ${how}`,
    ]);
    expect(details).toMatchObject({ exitCode: end.code, signal: end.signal });
  });

  it('is the error of its start where it never started', () => {
    const spawnError = createError('ERR_SANDBOX_CRASHED', 'no such program');
    expect(describeEnd(ended({ spawnError }), facts)).toBe(spawnError);
  });

  it('tells nothing of a guest that its host has killed, whatever it wrote', () => {
    const error = describeEnd(ended({ isKilled: true, signal: 'SIGABRT', stderr: HEAP }), facts);
    expect(error).toMatchObject({
      code: 'ERR_SANDBOX_CRASHED',
      message: 'the guest has been ended',
      details: {},
    });
  });

  it('names hidden files by their last part alone, wherever they stand', () => {
    const stderr = 'node: /opt/host/guest.cjs:3\n    at /srv/plugins/acme/main.mjs:1 (/opt/host/guest.cjs:9)\n';
    const hidden = ['/opt/host/guest.cjs', '/srv/plugins/acme'];
    const { details } = describeEnd(ended({ code: 1, stderr }), { ...facts, hidden });
    expect(details?.['stderr']).toBe('node: <guest.cjs>:3\n    at <acme>/main.mjs:1 (<guest.cjs>:9)\n');
  });

  it('keeps the last five lines, and no more than 2 048 characters of them', () => {
    const lines = describeEnd(ended({ code: 1, stderr: 'a\nb\nc\nd\ne\nf' }), facts).details?.['stderr'];
    expect(lines).toBe('b\nc\nd\ne\nf');
    const long = describeEnd(ended({ code: 1, stderr: `${'x'.repeat(5_000)}end` }), facts).details?.['stderr'];
    expect(long).toBe(`${'x'.repeat(2_045)}end`);
  });
});
