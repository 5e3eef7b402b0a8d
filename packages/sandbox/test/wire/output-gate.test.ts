import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GuestNote } from '@kb-labs/contracts';
import { createOutputGate } from '../../src/wire/output-gate.js';
import type { OutputGate } from '../../src/wire/output-gate.js';

function openGate(maxBytes: number): { readonly gate: OutputGate; readonly notes: GuestNote[]; floods: () => number } {
  const notes: GuestNote[] = [];
  let floods = 0;
  const gate = createOutputGate(maxBytes, () => (floods += 1));
  gate.serve({ call: () => Promise.reject(new Error('no calls')), note: (note) => notes.push(note) });
  return { gate, notes, floods: () => floods };
}

function log(text: string, fields: Record<string, unknown> = {}): Parameters<OutputGate['log']>[0] {
  return { level: 'info', source: 'console', text, fields };
}

const marker = (limit: number): GuestNote => ({
  kind: 'log',
  level: 'warn',
  source: 'sandbox',
  text: `output was cut at ${limit} bytes (maxOutputBytes)`,
  fields: {},
});

const sizeOf = (text: string, fields: Readonly<Record<string, unknown>>): number =>
  Buffer.byteLength(text) + (Object.keys(fields).length === 0 ? 0 : Buffer.byteLength(JSON.stringify(fields)));

describe('the output gate', () => {
  it('passes on lines and progress in order, and counts them', () => {
    const { gate, notes } = openGate(1_000);
    gate.log(log('a', { b: 1 }));
    gate.progress('half', 0.5);
    gate.raw('stderr', 'c');
    expect(notes).toEqual([
      { kind: 'log', level: 'info', source: 'console', text: 'a', fields: { b: 1 } },
      { kind: 'progress', message: 'half', fraction: 0.5 },
      { kind: 'log', level: 'error', source: 'stderr', text: 'c', fields: {} },
    ]);
    expect(gate.bytes()).toBe(16 + 1 + 7 + 16 + 4 + 16 + 1);
  });

  it('cuts at the limit, with one marker, and nothing comes after it', () => {
    const { gate, notes } = openGate(40);
    gate.log(log('0123456789'));
    gate.log(log('x'.repeat(100), { dropped: true }));
    gate.log(log('late'));
    gate.raw('stdout', 'late');
    expect(notes).toEqual([{ kind: 'log', ...log('0123456789') }, { kind: 'log', ...log('x'.repeat(14)) }, marker(40)]);
    expect(gate.bytes()).toBe(40);
  });

  it('counts bytes of UTF-8, and cuts between characters', () => {
    const { gate, notes } = openGate(40);
    gate.log(log('€'.repeat(20)));
    expect(notes).toEqual([{ kind: 'log', ...log('€'.repeat(13)) }, marker(40)]);
    expect(gate.bytes()).toBe(40);
  });

  it('passes on no more bytes of UTF-8 than the limit, whatever is written', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ä', '€', '😀', '\ud800'), maxLength: 60 });
    const fields = fc.constantFrom({}, { price: '€' });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, fields), { maxLength: 30 }),
        fc.integer({ min: 1, max: 600 }),
        (lines, most) => {
          const { gate, notes } = openGate(most);
          for (const [line, more] of lines) gate.log(log(line, more));
          const said = notes.filter((note) => note.kind === 'log' && note.source === 'console');
          const bytes = said.map((note) => (note.kind === 'log' ? sizeOf(note.text, note.fields) : 0));
          expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(most);
          expect(gate.bytes()).toBeLessThanOrEqual(most);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('counts empty lines as well', () => {
    const { gate, notes } = openGate(64);
    for (let line = 0; line < 100; line += 1) gate.log(log(''));
    expect(notes).toHaveLength(5);
  });

  it('counts the bytes in fields', () => {
    const { gate, notes } = openGate(1_000);
    gate.log(log('', { raw: new Uint8Array(2_000) }));
    expect(notes).toEqual([{ kind: 'log', ...log('') }, marker(1_000)]);
  });

  it('calls it a flood when frames go on far beyond the limit, and never for raw output', () => {
    const { gate, floods } = openGate(1_000);
    gate.raw('stdout', 'x'.repeat(10_000_000));
    expect(floods()).toBe(0);
    gate.log(log('x'.repeat(67_000)));
    expect(floods()).toBe(0);
    gate.log(log('x'.repeat(1_000)));
    expect(floods()).toBe(1);
  });

  it('passes on no members that a guest added to its line', () => {
    const { gate, notes } = openGate(1_000);
    const forged = { ...log('a'), pluginId: 'forged', time: 0 };
    gate.log(forged);
    expect(notes).toEqual([{ kind: 'log', ...log('a') }]);
  });

  it('takes lines before it serves anyone', () => {
    const gate = createOutputGate(1_000, () => undefined);
    gate.log(log('early'));
    expect(gate.bytes()).toBe(21);
  });
});
