import { describe, expect, it } from 'vitest';
import { renderDigest } from '../../plugins/release-digest/markdown.js';
import { input, output } from '../../plugins/release-digest/schemas.js';

const DEPENDENCIES = { manifests: 1, packages: 2, duplicates: [{}] };

describe('a digest', () => {
  it('has the gravest findings first, and no markup of others', () => {
    const findings = ['note', 'error'].map((severity) => ({ file: 'a_b.js', line: 1, severity, message: '<b>\n# x' }));
    const review = { files: 3, findings: 2, path: 'reviews/latest.json' };
    const text = renderDigest({
      name: 'v1',
      review,
      findings,
      links: { links: 5, broken: 1 },
      dependencies: DEPENDENCIES,
    });
    expect(text.split('\n\n')).toEqual([
      '# Digest: v1',
      '## Review',
      '3 files, 2 findings.',
      [String.raw`- a\_b.js:1 error: \<b\> # x`, String.raw`- a\_b.js:1 note: \<b\> # x`].join('\n'),
      '## Links',
      '5 links, 1 of them broken.',
      '## Dependencies',
      '1 manifests, 2 locked packages, 1 of them in several versions.\n',
    ]);
  });

  it('says what it was not told', () => {
    const facts = { name: 'v1', review: undefined, findings: [], links: undefined, dependencies: DEPENDENCIES };
    expect(renderDigest(facts)).toMatch(/No review was told of in time\.[^]*No check was told of in time\./u);
  });
});

describe('its schemas', () => {
  it.each([
    [{}, { value: { name: 'latest', waitMs: 10_000 } }],
    [{ name: 'v1', waitMs: 5 }, { value: { name: 'v1', waitMs: 5 } }],
    [{ waitMs: 0 }, { issues: [{ message: 'write a whole number from 1 to 60000', path: ['waitMs'] }] }],
    [{ name: 'V' }, { issues: [{ message: 'write up to 40 lower-case letters, digits and dashes', path: ['name'] }] }],
    [{ wait: 1 }, { issues: [{ message: 'is not known; there are "name" and "waitMs"', path: ['wait'] }] }],
    ['v1', { issues: [{ message: 'write an object such as { "name": "latest" }' }] }],
  ])('take %j as %j', (value, result) => {
    expect(input['~standard'].validate(value)).toEqual(result);
  });

  it('want every part of the output', () => {
    const whole = { review: null, links: null, dependencies: {}, uri: 'artifact://a/b', command: '' };
    expect(output['~standard'].validate(whole)).toEqual({ value: whole });
    expect(output['~standard'].validate({ ...whole, uri: undefined })).toEqual({
      issues: [{ message: 'is missing', path: ['uri'] }],
    });
  });
});
