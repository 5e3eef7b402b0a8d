import { ArtifactBroker, createMemoryArtifactStore } from '@kb-labs/artifacts';
import { DEFAULT_EVENT_SCOPES } from '@kb-labs/contracts';
import type { AuditRecord, PatchOperation, PermissionSpec } from '@kb-labs/contracts';
import { createEventBus } from '@kb-labs/events';
import { parsePermissionSpec } from '@kb-labs/permissions';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RuleDocument } from '../src/index.js';
import { makeFolder, openHost, outcome } from './open-host.js';

type Documents = readonly { readonly permissions?: PermissionSpec }[];
type Call = readonly [string, ...unknown[]];

const NAMES = ['manifest', 'grant'] as const;

/** What a call of a plugin with these two documents ends with, and what the audit says of it. */
async function attempt(documents: Documents, [name, ...args]: Call): Promise<[string, AuditRecord | undefined]> {
  const specs = documents.map(({ permissions = {} }) => parsePermissionSpec(permissions));
  const bus = createEventBus();
  onTestFinished(() => bus[Symbol.asyncDispose]());
  const rules = specs.map(({ events }) => ({
    produce: events?.produce ?? [],
    consume: events?.consume ?? [],
    scopes: events?.scopes === undefined ? DEFAULT_EVENT_SCOPES : (events.scopes ?? []),
  }));
  const events = bus.openPort({ pluginId: 'acme', executionId: 'run', traceId: 'trace', rules });
  const artifacts = new ArtifactBroker({
    store: createMemoryArtifactStore(),
    pluginId: 'acme',
    rules: specs.map((spec) => ({ read: spec.artifacts?.read ?? [], write: spec.artifacts?.write ?? [] })),
  });
  const behind = documents.map(({ permissions }, place): RuleDocument => ({
    document: NAMES[place] ?? 'caller',
    pointer: '/permissions',
    permissions,
  }));
  const { audits, call } = openHost(makeFolder(), {}, { events, artifacts, documents: behind });
  const ended = await outcome(call(name, ...args));
  return [ended, audits[0]];
}

/** A JSON patch, applied to a copy as RFC 6902 has it. */
function apply(document: object, operations: readonly PatchOperation[]): object {
  const copy = structuredClone(document);
  for (const { op, path, value } of operations) {
    expect(op).toBe('add');
    const names = path.split('/').slice(1);
    const last = names.pop() ?? '';
    const parent = names.reduce<unknown>((at, name) => Reflect.get(Object(at), name), copy);
    if (Array.isArray(parent) && last === '-') parent.push(value);
    else if (typeof parent === 'object' && parent !== null && !Array.isArray(parent)) Reflect.set(parent, last, value);
    else throw new Error(`${path} leads nowhere`);
  }
  return copy;
}

const PUBLISH: Call = ['events.publish', 'report.done', 1, { scope: 'host' }];
const SUBSCRIBE: Call = ['events.subscribe', 'report.*'];
const WRITE: Call = ['artifacts.write', 'out/[a].md', new Uint8Array(), { contentType: 'text/markdown' }];
const READ: Call = ['artifacts.stat', 'artifact://@acme/other/a.md'];
const LIST: Call = ['artifacts.list', { from: 'other', glob: 'a/*' }];

describe('a denial by the rules of artifacts and events', () => {
  it.each<[string, Call, Documents, unknown]>([
    [
      'without any permissions',
      PUBLISH,
      [{}, { permissions: {} }],
      [
        [
          'manifest',
          [{ op: 'add', path: '/permissions', value: { events: { produce: ['report.done'], scopes: ['host'] } } }],
        ],
        ['grant', [{ op: 'add', path: '/permissions/events', value: { produce: ['report.done'], scopes: ['host'] } }]],
      ],
    ],
    [
      'without the scope in one, and the topic in the other',
      PUBLISH,
      [
        { permissions: { events: { produce: ['report.*'] } } },
        { permissions: { events: { produce: ['other'], scopes: ['plugin', 'host'] } } },
      ],
      [
        ['manifest', [{ op: 'add', path: '/permissions/events/scopes', value: ['execution', 'plugin', 'host'] }]],
        ['grant', [{ op: 'add', path: '/permissions/events/produce/-', value: 'report.done' }]],
      ],
    ],
    [
      'with a pattern that does not cover all that was asked for',
      SUBSCRIBE,
      [
        { permissions: { events: { consume: ['report.done'], scopes: null } } },
        { permissions: { events: { consume: ['**'] } } },
      ],
      [
        [
          'manifest',
          [
            { op: 'add', path: '/permissions/events/consume/-', value: 'report.*' },
            { op: 'add', path: '/permissions/events/scopes', value: ['execution'] },
          ],
        ],
      ],
    ],
    [
      'with a list that is null',
      WRITE,
      [
        { permissions: { artifacts: { write: [{ paths: ['**'] }] } } },
        { permissions: { artifacts: { read: [], write: null } } },
      ],
      [['grant', [{ op: 'add', path: '/permissions/artifacts/write', value: [{ paths: ['out/?a?.md'] }] }]]],
    ],
    [
      'with a rule for another content type',
      WRITE,
      [{ permissions: { artifacts: { write: [{ paths: ['**'], types: ['image/*'] }] } } }],
      [['manifest', [{ op: 'add', path: '/permissions/artifacts/write/-', value: { paths: ['out/?a?.md'] } }]]],
    ],
    [
      'with a section that is null',
      READ,
      [{ permissions: { artifacts: null } }],
      [
        [
          'manifest',
          [{ op: 'add', path: '/permissions/artifacts', value: { read: [{ from: '@acme/other', paths: ['a.md'] }] } }],
        ],
      ],
    ],
    [
      'with a rule for another plugin',
      LIST,
      [{ permissions: { artifacts: { read: [{ from: 'self', paths: ['**'] }] } } }],
      [['manifest', [{ op: 'add', path: '/permissions/artifacts/read/-', value: { from: 'other', paths: ['a/*'] } }]]],
    ],
  ])('%s is audited with a patch that lifts it', async (_, call, documents, expected) => {
    const [denied, audit] = await attempt(documents, call);
    expect(denied).toMatch(/_DENIED/);
    const patches = audit?.patches ?? [];
    expect(patches.map(({ document, operations }) => [document, operations])).toEqual(expected);
    const lifted = documents.map((document, place) =>
      patches
        .filter((patch) => patch.document === NAMES[place])
        .reduce((at, patch) => apply(at, patch.operations), document),
    );
    expect((await attempt(lifted, call))[0]).toMatch(/^resolved/);
  });

  it.each<[string, Call, Documents, string]>([
    ['is about what another plugin writes', ['artifacts.delete', 'artifact://other/a'], [{}, {}], 'not-requested'],
    ['is about a topic of the host', ['events.publish', 'host.ready', 1], [{}, {}], 'mandatory-deny'],
    [
      'is of the caller alone',
      SUBSCRIBE,
      [
        { permissions: { events: { consume: ['**'] } } },
        { permissions: { events: { consume: ['**'] } } },
        { permissions: { events: {} } },
      ],
      'not-delegated',
    ],
    [
      'would be one rule too many',
      SUBSCRIBE,
      [{ permissions: { events: { consume: Array.from({ length: 256 }, (_, index) => `t${index}`) } } }],
      'not-requested',
    ],
    ['is of the caller as well', SUBSCRIBE, [{}, {}, {}], 'not-requested'],
  ])('that %s carries no patch', async (_, call, documents, reason) => {
    const [denied, audit] = await attempt(documents, call);
    expect(denied).toMatch(/_DENIED/);
    expect(audit).toMatchObject({ decision: { allowed: false, reason }, patches: [] });
  });
});
