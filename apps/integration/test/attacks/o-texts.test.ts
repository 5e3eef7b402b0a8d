import { stat } from 'node:fs/promises';
import { createMemoryArtifactStore, renderTraceTree, toChromeTrace } from '@kb-labs/plugin-runtime';
import type { PluginContextOptions } from '@kb-labs/plugin-runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { hostSidePlaces } from '../scene.js';
import { openArchive } from './archive.js';
import type { Archive } from './archive.js';
import { dataOf, failureOf, openArena } from './arena.js';

const capabilities = ['fs.read', 'env.read', 'artifacts.*', 'events.*', 'analytics.*', 'presenter.*'];
const permissions = {
  fs: { mode: 'read', allow: ['data'] },
  env: { allow: ['SERVICE_TOKEN'] },
  artifacts: { write: [{ paths: ['**'] }] },
  events: { produce: ['o.*'], consume: ['o.*'] },
} as const;

/** Texts that a terminal, a log or an editor would obey, or that pass for something else. */
const OBEYED: readonly string[] = [
  'one\n[INFO] fake: all is well',
  'one\r\n{"level":"info","text":"fake"}',
  'over\rwritten',
  '\u001b[31mred\u001b[0m',
  '\u001b[2J\u001b[H',
  '\u001b]8;;http://evil.test\u0007click\u001b]8;;\u0007',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u0000\u0007\u0008\u007f',
  'abc\u202etxt.exe',
  '\u2066isolated\u2069 \u200bzero\u200d\ufeff',
  'line\u2028separator\u2029',
  '\ud800 half',
  '\u{e0041}tag',
];

/** What nothing that is written may hold: it would be obeyed. */
// eslint-disable-next-line no-control-regex
const DANGEROUS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

function grantOf(archive: Archive, more: Partial<PluginContextOptions> = {}): Partial<PluginContextOptions> {
  const plugin = { id: 'attack-o', version: '1.0.0' };
  return { plugin, capabilities, permissions, artifactStore: createMemoryArtifactStore(), ...archive.context, ...more };
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`what is written of a run${place.notRun}`, () => {
    const token = 'tok"en/with+signs=and\\slashes-7f3a';
    const archive = openArchive([token]);
    const arena = openArena(place, 'o', archive.runtime);
    afterAll(() => archive[Symbol.asyncDispose]());

    it('O01 keeps what was said as one record each, and escapes it wherever it becomes text', async () => {
      const bout = await arena.run('says', OBEYED, grantOf(archive));
      dataOf(bout);
      // As data it is what the handler said, character by character; whoever shows it escapes it.
      const lines = bout.result.logs.filter(({ source }) => source === 'log');
      expect(lines.map(({ text }) => text)).toEqual(OBEYED.map((text) => text.toWellFormed()));
      failureOf(await arena.run('fails', OBEYED.join(' '), grantOf(archive)), 'ERR_HANDLER_FAILED');
      const files = await archive.files();
      const trace = archive.traceOf(bout.result.traceId);
      const texts = {
        ...files,
        terminal: archive.shown(),
        tree: trace === undefined ? '' : renderTraceTree(trace, { colour: false }),
      };
      expect(Object.keys(texts).length).toBeGreaterThanOrEqual(6);
      for (const [name, text] of Object.entries(texts)) {
        expect([name, DANGEROUS.exec(text)?.index]).toEqual([name, undefined]);
        expect([name, text.length > 100]).toEqual([name, true]);
      }
      // Lines of JSON are records, and no text makes one of its own.
      for (const [name, text] of Object.entries(files).filter(([path]) => path.endsWith('.jsonl'))) {
        const records = text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { readonly pluginId?: unknown });
        expect([name, new Set(records.map(({ pluginId }) => pluginId))]).toEqual([name, new Set(['attack-o'])]);
      }
      // Each message is a line, and where a terminal would have been told to break it, none more.
      expect(archive.shown()).not.toMatch(/^\[INFO\] fake/mu);
    });

    it('O02 masks a known secret in every spelling, in all that is kept of a run', async () => {
      const env = { SERVICE_TOKEN: token };
      const failed = failureOf(await arena.run('leaks', {}, grantOf(archive, { env })), 'ERR_HANDLER_FAILED');
      const kept = await arena.run('leaks', { keep: true }, grantOf(archive, { env }));
      const { spellings } = Object(dataOf(kept));
      const files = await archive.files();
      const trace = archive.traceOf(kept.result.traceId);
      const texts = {
        ...files,
        trace: JSON.stringify(trace),
        tree: trace === undefined ? '' : renderTraceTree(trace, { colour: false }),
        chrome: JSON.stringify(trace === undefined ? {} : toChromeTrace(trace)),
      };
      expect(Object.keys(texts).length).toBeGreaterThanOrEqual(7);
      const needles = [
        token,
        JSON.stringify(token).slice(1, -1),
        encodeURIComponent(token),
        spellings[3],
        spellings[4],
      ];
      for (const [name, text] of Object.entries(texts)) {
        for (const needle of needles) expect([name, text.includes(needle)]).toEqual([name, false]);
      }
      expect(
        Object.entries(files).filter(([path, text]) => path.includes('snapshots') && text.includes('[redacted]'))
          .length,
      ).toBeGreaterThan(0);
      // What the caller of the run gets is what the handler said: it gave the value, and nobody else is told.
      expect(kept.result.logs.some(({ text }) => text.includes(token))).toBe(true);
      expect(failed.error?.message).toContain(token);
    });

    it('O04 masks fields that are secret by their name, and keeps what it writes to its owner', async () => {
      const input = {
        user: 'ada',
        password: 'hunter-twenty-two',
        nested: [{ apiKey: 'k-123456', 'X-Auth-Token': 'a-token-of-theirs' }],
        headers: [['Cookie', 'sid=of-a-session']],
        url: 'https://ada:of-the-url@db.test/?token=in-a-query',
      };
      dataOf(await arena.run('tracks', { count: 1, ...input }, grantOf(archive)));
      const files = Object.entries(await archive.files()).filter(([path]) => path.startsWith('/'));
      for (const [path, text] of files) {
        for (const secret of [
          'hunter-twenty-two',
          'k-123456',
          'a-token-of-theirs',
          'of-a-session',
          'of-the-url',
          'in-a-query',
        ]) {
          expect([path, secret, text.includes(secret)]).toEqual([path, secret, false]);
        }
        expect([path, (await stat(path)).mode & 0o777]).toEqual([path, 0o600]);
      }
      expect(files.some(([, text]) => text.includes('ada'))).toBe(true);
      expect((await stat(archive.folder)).mode & 0o777).toBe(0o700);
    });
  });
});
