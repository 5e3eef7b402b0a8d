import { describe, expect, it } from 'vitest';
import { parseInvokeTarget } from '../src/index.js';

describe('parseInvokeTarget', () => {
  it.each([
    ['plain:run', { pluginId: 'plain', range: '*', handler: 'run' }],
    ['@acme/report:render', { pluginId: '@acme/report', range: '*', handler: 'render' }],
    ['@acme/report@^1.2:render-all.v2', { pluginId: '@acme/report', range: '^1.2', handler: 'render-all.v2' }],
    ['a@>=1 <2 || 3:run', { pluginId: 'a', range: '>=1 <2 || 3', handler: 'run' }],
  ])('%s', (text, target) => {
    const parsed = parseInvokeTarget(text);
    expect(parsed).toEqual(target);
    expect(Object.isFrozen(parsed)).toBe(true);
  });

  it.each([
    '',
    'plain',
    'plain:',
    ':run',
    'plain@:run',
    'plain@latest:run',
    'plain@^1@^2:run',
    'plain:run:more',
    '../plain:run',
    'Plain:run',
    '@acme/*:run',
    'plain:*',
    'plain:__proto__',
    'plain: run',
    'plain\n:run',
    `plain:${'a'.repeat(2000)}`,
    undefined,
    {},
  ])('refuses %j', (text) => {
    expect(() => parseInvokeTarget(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
