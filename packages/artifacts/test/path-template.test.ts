import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePathTemplate, renderPathTemplate } from '../src/path-template.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const variables = ['pluginId', 'runId', 'name'];

describe('path templates', () => {
  it.each([
    ['reports/2026.md', 'reports/2026.md'],
    ['{pluginId}/{runId}.json', '@acme__review/r-1.json'],
    ['{name}{name}', 'nana'],
    ['a-{runId}-b/{name}', 'a-r-1-b/na'],
  ])('%s renders %s', (template, path) => {
    const parsed = parsePathTemplate(template, { variables });
    expect(renderPathTemplate(parsed, { pluginId: '@acme/review', runId: 'r-1', name: 'na' })).toBe(path);
  });

  it.each([
    '{unknown}',
    '{}',
    '{ runId }',
    '{__proto__}',
    '{runId',
    'runId}',
    '{{runId}}',
    '{run{Id}}',
    '',
    '/a',
    '../{runId}',
    'a/../{runId}',
    '{runId}/',
    'a//{runId}',
    '{runId}\\a',
    '{runId}\0',
    '{runId}.',
    'con/{runId}',
  ])('refuses the template %j', (template) => {
    expect(() => parsePathTemplate(template, { variables })).toThrow(
      expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }),
    );
  });

  it('names the unknown placeholder and lists the known ones', () => {
    expect(() => parsePathTemplate('{who}.md', { variables })).toThrow(
      expect.objectContaining({
        message: '"{who}.md" is not a path template: there is no placeholder "{who}"',
        hint: 'write one of the known placeholders: {pluginId} {runId} {name}',
      }),
    );
  });

  it.each([
    ['{runid}.md', '{runId}'],
    ['{run_id}', '{runId}'],
    ['{plugin_Id}', '{pluginId}'],
  ])('say which placeholder %s was meant to be', (template, near) => {
    expect(() => parsePathTemplate(template, { variables })).toThrow(`; did you mean ${near}?`);
  });

  it.each([[[]], [['a', {}]], [['a', { variables: 'runId' }]], [['a', { variables: [1] }]], [['a', null]]])(
    'say that the placeholders are missing: %j',
    (args) => {
      expect(() => Reflect.apply(parsePathTemplate, undefined, args)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', hint: expect.stringContaining('variables') }),
      );
    },
  );

  it('refuse an option that nobody would heed', () => {
    const options = { variables, strict: false };
    expect(() => parsePathTemplate('a', options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: 'there is no option "strict"' }),
    );
  });

  it.each([
    '../../etc/x',
    'a/b',
    'a\\b',
    'a\0',
    'a\n',
    '..',
    '.',
    '',
    'x'.repeat(300),
    'é'.repeat(101),
    'con',
    'NUL.txt',
    'a.',
    'a ',
    'a..b',
    'c:',
    '@a/b',
    '\ud800',
  ])('refuses the value %j', (name) => {
    const template = parsePathTemplate('{runId}/{name}', { variables });
    expect(() => renderPathTemplate(template, { runId: 'r', name })).toThrow(
      expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }),
    );
  });

  it.each([[{ toString: () => 'a' }], [1], [null], [undefined], [['a']]])(
    'refuses a value that is no string: %s',
    (name) => {
      const template = parsePathTemplate('{name}', { variables });
      const values: Record<string, string> = JSON.parse('{}');
      Object.assign(values, { name });
      expect(() => renderPathTemplate(template, values)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    },
  );

  it('takes no value from a prototype', () => {
    const template = parsePathTemplate('{toString}', { variables: ['toString'] });
    expect(() => renderPathTemplate(template, {})).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('checks the path once more after joining: two halves never make a device name or a long segment', () => {
    const values = { runId: 'c', name: 'on', pluginId: 'x'.repeat(150) };
    for (const source of ['{runId}{name}', '{pluginId}{pluginId}']) {
      const template = parsePathTemplate(source, { variables });
      expect(() => renderPathTemplate(template, values)).toThrow(
        expect.objectContaining({ code: 'ERR_ARTIFACT_PATH_INVALID' }),
      );
    }
  });

  it('keeps its number of segments whatever the values are', () => {
    const template = parsePathTemplate('out/{runId}/a-{name}.md', { variables });
    const piece = fc.constantFrom('a', '.', '..', '/', '\\', '\0', '{', '}', '{name}', ' ', '%2f', '：', '／', '․');
    const value = fc.oneof(
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
      fc.string({ unit: codePoint }),
    );
    fc.assert(
      fc.property(value, value, (runId, name) => {
        let path: string;
        try {
          path = renderPathTemplate(template, { runId, name });
        } catch {
          // Refused, which is always safe.
          return;
        }
        expect(path.split('/')).toEqual(['out', runId, `a-${name}.md`]);
        expect(path).not.toMatch(/\\|\0|\.\./);
      }),
      { seed: 1, numRuns: 5000 },
    );
  });
});
