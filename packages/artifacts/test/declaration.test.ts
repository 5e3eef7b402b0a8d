import type { ArtifactDeclaration } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { checkArtifactDeclaration } from '../src/declaration.js';

const variables = ['runId'];
const good: ArtifactDeclaration = { name: 'report', pathTemplate: 'reports/{runId}.md' };

describe('declarations of artifacts', () => {
  it.each<[string, Partial<ArtifactDeclaration>]>([
    ['/pathTemplate', { pathTemplate: '{who}.md' }],
    ['/pathTemplate', { pathTemplate: '../{runId}' }],
    ['/from', { from: 'report' }],
    ['/contentType', { contentType: 'markdown' }],
    ['/version', { version: '1.2' }],
    ['/version', { version: 'v1.2.3' }],
    ['/version', { version: ' 1.2.3' }],
    ['/schemaVersion', { schemaVersion: '^1.0.0' }],
    ['/schemaVersion', { schemaVersion: `1.0.0-${'x'.repeat(300)}` }],
    ['/ttlMs', { ttlMs: 0 }],
    ['/ttlMs', { ttlMs: 1.5 }],
    ['/ttlMs', { ttlMs: Number.POSITIVE_INFINITY }],
    ['/maxBytes', { maxBytes: -1 }],
  ])('are refused at %s: %j', (pointer, wrong) => {
    expect(() => checkArtifactDeclaration({ ...good, ...wrong }, { variables })).toThrow(
      expect.objectContaining({ code: 'ERR_MANIFEST_INVALID', details: { pointer } }),
    );
  });

  it('are fine with all that they may hold', () => {
    const known = { contentType: 'text/markdown; charset=utf-8', version: '1.2.3-rc.1+5', schemaVersion: '0.0.1' };
    const declaration = { ...good, ...known, from: '/a~1b', ttlMs: 1, maxBytes: 0, optional: true };
    expect(checkArtifactDeclaration(declaration, { variables })).toBeUndefined();
  });

  it('name the unknown placeholder', () => {
    expect(() => checkArtifactDeclaration({ ...good, pathTemplate: '{runid}' }, { variables })).toThrow(
      expect.objectContaining({
        code: 'ERR_MANIFEST_INVALID',
        message: '"{runid}" is not a path template: there is no placeholder "{runid}"; did you mean {runId}?',
        hint: 'write one of the known placeholders: {runId}',
      }),
    );
  });

  it.each([[[good]], [[good, {}]]])('are not blamed where nobody says which placeholders there are', (args) => {
    expect(() => Reflect.apply(checkArtifactDeclaration, undefined, args)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', hint: expect.stringContaining('variables') }),
    );
  });
});
