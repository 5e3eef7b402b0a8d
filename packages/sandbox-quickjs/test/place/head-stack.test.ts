import { describe, expect, it } from 'vitest';
import { failureOf, openQuickjs } from '../quickjs-scene.js';

describe('the stack of an error in QuickJS', () => {
  const scene = openQuickjs();

  it('begins with its name and message, and so does that of its cause', async () => {
    await scene.write({
      'plugin/handlers.js':
        "export const run = () => { throw new TypeError('outer', { cause: new Error('inner') }); };",
    });
    const { guestError } = failureOf(await scene.run('run'), 'ERR_HANDLER_FAILED');
    expect(guestError?.stack).toMatch(/^TypeError: outer\n {4}at .*\.\/handlers\.js:1:/);
    expect(guestError?.cause?.stack).toMatch(/^Error: inner\n {4}at .*\.\/handlers\.js:1:/);
  });
});
