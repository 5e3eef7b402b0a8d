import type { OperationRecord } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';
import { serve } from './serve.js';

interface TellingHost extends OpenHost {
  readonly operations: OperationRecord[];
}

function openTellingHost(allow: readonly string[], dryRun: boolean): TellingHost {
  const operations: OperationRecord[] = [];
  const told = { dryRun, operations: (record: OperationRecord) => operations.push(record) };
  return { ...openHost(makeFolder(), { net: { allow } }, told), operations };
}

function sent(target: string, dryRun: boolean): OperationRecord {
  return {
    name: 'net.fetch',
    target,
    destination: undefined,
    before: undefined,
    after: undefined,
    reversible: false,
    dryRun,
  };
}

describe('a request that may change something', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'delete', 'PURGE'])('is told of: %s', async (method) => {
    const server = await serve((_, response) => response.end());
    const { call, operations } = openTellingHost([server.origin], false);
    expect(await outcome(call('net.fetch', { url: `${server.origin}/a?token=secret`, method }))).toMatch(/^resolved/);
    expect(operations).toEqual([sent(`${server.origin}/a`, false)]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'get'])('is not a %s, which goes out in a dry run as well', async (method) => {
    const server = await serve((_, response) => response.end());
    const { call, operations } = openTellingHost([server.origin], true);
    expect(await outcome(call('net.fetch', { url: server.origin, method }))).toMatch(/^resolved/);
    expect(operations).toEqual([]);
    expect(server.accepted()).toBe(1);
  });

  it('stays at home in a dry run, after every check, and is told of', async () => {
    const server = await serve((_, response) => response.end());
    const { api, audits, call, operations } = openTellingHost([server.origin], true);
    expect(await outcome(call('net.fetch', { url: server.origin, method: 'POST', body: 'x' }))).toBe(
      'ERR_PERMISSION_DENIED dry-run',
    );
    expect(await outcome(call('net.fetch', { url: 'http://127.0.0.2/', method: 'POST', body: 'x' }))).toBe(
      'ERR_PERMISSION_DENIED not-requested',
    );
    expect(operations).toEqual([sent(server.origin, true)]);
    expect(server.accepted()).toBe(0);
    expect(api.denials).toBe(2);
    expect(audits.map(({ operation, decision }) => [operation, decision.allowed || decision.reason])).toEqual([
      ['fetch', true],
      ['connect', true],
      ['fetch', 'dry-run'],
      ['fetch', 'not-requested'],
    ]);
  });

  it('stays at home in a dry run, however its body travels', async () => {
    const server = await serve((_, response) => response.end());
    const { call } = openTellingHost([server.origin], true);
    const request = { url: server.origin, method: 'PUT', stream: true, requestId: 1 };
    expect(await outcome(call('net.fetch', request))).toBe('ERR_PERMISSION_DENIED dry-run');
    expect(await outcome(call('net.writeBody', 1, new Uint8Array(1)))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('is told of at each place that it is sent to', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/') response.writeHead(307, { location: '/there' });
      response.end();
    });
    const { call, operations } = openTellingHost([server.origin], false);
    await call('net.fetch', { url: `${server.origin}/`, method: 'POST', body: 'x' });
    expect(operations.map(({ target }) => target)).toEqual([`${server.origin}/`, `${server.origin}/there`]);
  });
});
