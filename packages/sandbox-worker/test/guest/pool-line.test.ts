import { stat } from 'node:fs/promises';
import { workerSandbox } from '@kb-labs/sandbox-worker';
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, runBody, valueOf } from '../worker-scene.js';

const adapter = workerSandbox();
afterAll(() => adapter[Symbol.asyncDispose]());

/** Each piece of it takes some tenths of a second; were all of them in the pool, its four threads would be busy for several. */
const FLOODS: readonly [string, string][] = [
  ['pbkdf2', "crypto.pbkdf2('a', 'b', 4e5, 64, 'sha512', () => {})"],
  ['a promise of scrypt', "util.promisify(crypto.scrypt)('a', 'b', 64, { N: 2 ** 16, r: 8, p: 1, maxmem: 2 ** 29 })"],
  ['primes', 'crypto.generatePrime(2048, () => {})'],
  [
    'crypto.subtle',
    "crypto.subtle.deriveBits({ name: 'PBKDF2', salt: Buffer.from('b'), iterations: 4e5, hash: 'SHA-512' }, key, 512)",
  ],
  ['brotli', 'zlib.brotliCompress(noise, () => {})'],
  ['streams of gzip', 'zlib.createGzip({ level: 9 }).on("error", () => {}).end(zeros)'],
];

describe('the pool that a thread shares with its host', () => {
  it.each(FLOODS)(
    'is left to the host by %s, while it computes and when it was ended',
    async (_, call) => {
      const body = `
      const [crypto, util, zlib] = [await import('node:crypto'), await import('node:util'), await import('node:zlib')];
      const key = await crypto.subtle.importKey('raw', Buffer.from('a'), 'PBKDF2', false, ['deriveBits']);
      const noise = crypto.randomBytes(6e5), zeros = Buffer.alloc(3e7);
      for (let i = 0; i < 64; i += 1) Promise.resolve(${call}).catch(() => {});
      await new Promise(() => setInterval(() => {}, 1e3));`;
      let worstMs = 0;
      const look = async (): Promise<void> => {
        const begun = performance.now();
        await stat('/');
        worstMs = Math.max(worstMs, performance.now() - begun);
      };
      const timer = setInterval(() => void look(), 20);
      expect(codeOf(await runBody(adapter, body, { limits: { timeoutMs: 400, memoryMb: 512 } }))).toBe('ERR_TIMEOUT');
      clearInterval(timer);
      await look();
      expect(worstMs).toBeLessThan(1_000);
    },
    30_000,
  );

  it('gives what it gave: results in order, promises of two values, errors, and bytes as they were at the call', async () => {
    const body = `
      const crypto = await import('node:crypto'), { promisify } = await import('node:util');
      const salt = Buffer.from('salt');
      const derive = promisify(crypto.pbkdf2);
      const all = [1, 2, 3].map((rounds) => derive('a', salt, rounds, 8, 'sha256'));
      const fails = derive('a', salt, 1, 8, 'no such digest').catch((error) => error.code);
      salt.fill(0);
      const derived = (await Promise.all(all)).map((bytes) => bytes.toString('hex'));
      const sync = [1, 2, 3].map((rounds) => crypto.pbkdf2Sync('a', 'salt', rounds, 8, 'sha256').toString('hex'));
      const { publicKey, privateKey } = await promisify(crypto.generateKeyPair)('ec', { namedCurve: 'P-256' });
      const sign = promisify(crypto.sign)('sha256', Buffer.from('x'), privateKey);
      const filled = promisify(crypto.randomFill)(Buffer.alloc(8));
      return { same: derived.join() === sync.join(), failed: await fails, verified: crypto.verify('sha256', Buffer.from('x'), publicKey, await sign),
        filled: (await filled).some((byte) => byte !== 0), bytes: crypto.randomBytes(3).length };`;
    expect(valueOf(await runBody(adapter, body))).toEqual({
      same: true,
      failed: 'ERR_CRYPTO_INVALID_DIGEST',
      verified: true,
      filled: true,
      bytes: 3,
    });
  });

  it('takes what is compressed in any way, broken off and wrong input as well', async () => {
    const body = `
      const zlib = await import('node:zlib'), { promisify } = await import('node:util'), { pipeline } = await import('node:stream/promises');
      const { Readable } = await import('node:stream'), consumers = await import('node:stream/consumers');
      const text = 'some text '.repeat(1e5);
      const ways = [[zlib.gzip, zlib.gunzip], [zlib.deflateRaw, zlib.inflateRaw], [zlib.brotliCompress, zlib.brotliDecompress]].map((way) => way.map((one) => promisify(one)));
      const wrong = promisify(zlib.gunzip)(Buffer.from('nonsense')).catch((error) => error.code);
      const broken = Array.from({ length: 5 }, () => zlib.createGzip());
      for (const stream of broken) { stream.write(text); stream.destroy(); }
      const there = await Promise.all(ways.map(async ([there, back]) => String(await back(await there(text))) === text));
      const stream = Readable.from([text]).pipe(zlib.createGzip()).pipe(zlib.createGunzip());
      const web = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip'));
      return [...there, await consumers.text(stream) === text, await new Response(web).text() === text, await wrong, zlib.gzipSync('a').length > 0];`;
    expect(valueOf(await runBody(adapter, body))).toEqual([true, true, true, true, true, 'Z_DATA_ERROR', true]);
  });
});
