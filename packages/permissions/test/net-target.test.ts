import { describe, expect, it } from 'vitest';
import { parseNetTarget } from '../src/index.js';

describe('parseNetTarget', () => {
  it('holds all that is known of a URL, and is frozen', () => {
    const target = parseNetTarget('HTTP://API.Good.com.:8080/a?b#c');
    expect({ ...target }).toEqual({
      brand: 'NetTarget',
      asWritten: 'HTTP://API.Good.com.:8080/a?b#c',
      scheme: 'http',
      host: 'api.good.com',
      port: 8080,
      ipVersion: 0,
      href: 'http://api.good.com.:8080/a?b#c',
      origin: 'http://api.good.com.:8080',
    });
    expect(Object.isFrozen(target)).toBe(true);
    expect(parseNetTarget('https://[::1]/')).toMatchObject({ host: '::1', ipVersion: 6, port: 443 });
    expect(parseNetTarget('https://127.1/')).toMatchObject({ host: '127.0.0.1', ipVersion: 4 });
  });

  it.each([undefined, 1, '', 'a', 'https://', 'https://a\0/', Object('https://a/'), new URL('https://a/')])(
    'refuses %s as malformed',
    (url) => {
      expect(() => parseNetTarget(url)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    },
  );

  it.each(['file:///a', 'https://a:b@c/', 'https://a:22/'])('denies %s', (url) => {
    expect(() => parseNetTarget(url)).toThrow(expect.objectContaining({ code: 'ERR_PERMISSION_DENIED' }));
  });
});
