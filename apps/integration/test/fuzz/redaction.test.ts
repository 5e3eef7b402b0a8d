import { array, assert, constantFrom, integer, oneof, property, record, string } from 'fast-check';
import { createMasker, createRedactor } from '@kb-labs/redaction';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';

/** Signs that need an escape somewhere, and those that need none; none of them is in the texts around. */
const sign = constantFrom(
  ...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+/=&%"\'\\#?:;@!$()*~<>{}[]^|`',
  'é',
  'ß',
  '語',
  '🙂',
  '\n',
  '\t',
);
const secret = array(sign, { minLength: 8, maxLength: 40 }).map((signs) => signs.join(''));
/** Text around it, of letters that no secret has. */
const around = string({ unit: constantFrom(...'abcdefghijklmnopqrstuvwxyz  .,_'), maxLength: 40 });

/** What this package says that it finds, each told by what writes it that way. */
const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in a URL': (text) => encodeURIComponent(text),
  'in a JSON text': (text) => JSON.stringify({ text }),
  'in hex': (text) => Buffer.from(text).toString('hex'),
  'in upper-case hex': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in base64 behind one byte': (text) => Buffer.from(`u${text}`).toString('base64'),
  'in base64 behind two bytes': (text) => Buffer.from(`us${text}er`).toString('base64'),
  'in base64url': (text) => Buffer.from(`user:${text}`).toString('base64url'),
  'in the query of a URL': (text) => new URLSearchParams({ q: text }).toString(),
  'in a JSON text inside of another': (text) => JSON.stringify({ body: JSON.stringify({ text }) }),
  'in a JSON text of ASCII alone': (text) =>
    JSON.stringify({ text }).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'in a URL with small hex': (text) =>
    encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
};
const spelling = constantFrom(...Object.keys(SPELLINGS));

/** Whether a text lets somebody read the secret who undoes whatever may have been done to it. */
function tells(text: string, known: string): boolean {
  const undone = [
    text,
    ...undoUrl(text),
    ...undoJson(text),
    ...runsOf(text, /[0-9a-f]{8,}/gi, fromHex),
    ...runsOf(text, /[\w+/-]{8,}={0,2}/g, fromBase64),
  ];
  return undone.some((each) => each.includes(known));
}

function undoUrl(text: string): string[] {
  return [text.replaceAll('+', ' '), text].map((each) =>
    each.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString()),
  );
}

/** Escapes of JSON, once and once more. */
function undoJson(text: string): string[] {
  const once = text.replaceAll(/\\(?:u([0-9a-f]{4})|(.))/gi, (_, code: string | undefined, plain: string | undefined) =>
    code === undefined
      ? ({ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }[plain ?? ''] ?? plain ?? '')
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return once === text ? [] : [once, ...undoJson(once)];
}

function runsOf(text: string, runs: RegExp, undo: (run: string) => string[]): string[] {
  return (text.match(runs) ?? []).flatMap(undo);
}

function fromHex(run: string): string[] {
  return [0, 1].map((start) => Buffer.from(run.slice(start), 'hex').toString());
}

function fromBase64(run: string): string[] {
  return [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), 'base64').toString());
}

describe('a known secret', () => {
  const limits = record({
    maxTextLength: integer({ min: 8, max: 300 }),
    maxLength: integer({ min: 64, max: 2_000 }),
    maxKeyLength: integer({ min: 8, max: 128 }),
  });

  it('survives in no copy, whatever way it is written and wherever it is cut', () => {
    let masked = 0;
    assert(
      property(secret, spelling, around, around, limits, (known, how, before, after, given) => {
        const text = `${before}${SPELLINGS[how]?.(known) ?? ''}${after}`;
        const redactor = createRedactor({ secrets: [known], limits: given });
        for (const value of [text, { note: text }, [text], new Map([['x', text]]), new Error(text), { [text]: 1 }]) {
          const { value: copy, masked: count } = redactor(value);
          masked += count;
          const shown = JSON.stringify(copy);
          // Undoing the JSON of the copy itself is where everybody begins who reads it.
          const told = [shown, ...textsIn(copy)].some((each) => tells(each, known));
          expect([how, known, told]).toEqual([how, known, false]);
        }
      }),
      budget(120),
    );
    expect(masked).toBeGreaterThan(100);
  });

  it('survives in no text and no bytes that a masker gives back', () => {
    assert(
      property(secret, spelling, around, around, (known, how, before, after) => {
        const text = `${before}${SPELLINGS[how]?.(known) ?? ''}${after}`;
        const masker = createMasker({ secrets: [known] });
        const bytes = Buffer.from(masker.maskBytes(Buffer.from(text))).toString();
        expect([how, known, tells(masker.maskText(text), known), tells(bytes, known)]).toEqual([
          how,
          known,
          false,
          false,
        ]);
      }),
      budget(120),
    );
    expect(createMasker({ secrets: ['ABCD1234'] }).maskText('x ABCD1234')).toBe('x [redacted]');
  });

  it('takes nothing else along: a text without it stays as it is', () => {
    assert(
      property(secret, around, oneof(around, string({ unit: 'grapheme', maxLength: 30 })), (known, before, after) => {
        const text = before + after;
        const masker = createMasker({ secrets: [known] });
        // What has the shape of a secret is masked for that, with or without this one.
        expect(masker.maskText(text)).toBe(createMasker().maskText(text));
      }),
      budget(120),
    );
  });
});

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [key, ...textsIn(member)]);
}
