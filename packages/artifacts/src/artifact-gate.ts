import { createError } from '@kb-labs/contracts';
import type { ArtifactKey, PluginError } from '@kb-labs/contracts';
import { artifactUri } from './artifact-uri.js';
import { isAmong } from './artifact-rules.js';
import type { CompiledRule, CompiledRules } from './artifact-rules.js';
import { matchesPath } from './path-glob.js';

/** What one party asks for. */
export type ArtifactOperation = 'read' | 'list' | 'stat' | 'wait' | 'write' | 'delete';

/** Decides what one plugin may do with artifacts. Looks at rules alone: whether there is an artifact it does not know. */
export class ArtifactGate {
  readonly #self: string;
  readonly #rules: readonly CompiledRules[] | 'host';

  constructor(self: string, rules: readonly CompiledRules[] | 'host') {
    this.#self = self;
    this.#rules = rules;
  }

  /** Throws `ERR_PERMISSION_DENIED` where no content type at all would be allowed. */
  assert(operation: ArtifactOperation, key: ArtifactKey): void {
    const refused = this.#refusing(operation, key, () => true);
    if (refused !== undefined) throw this.#denied(operation, key, refused);
  }

  /** Throws `ERR_PERMISSION_DENIED` where this content type is not allowed, and does not name it. */
  assertType(operation: ArtifactOperation, key: ArtifactKey, contentType: string): void {
    const refused = this.#refusing(operation, key, ({ types }) => isAmong(types, contentType));
    if (refused !== undefined) throw this.#denied(operation, key, refused, true);
  }

  /** Whether an artifact may be in a list. */
  mayList(key: ArtifactKey, contentType: string): boolean {
    return this.#refusing('list', key, ({ types }) => isAmong(types, contentType)) === undefined;
  }

  /** Throws `ERR_PERMISSION_DENIED` where nothing of a plugin may be read. */
  assertOwner(pluginId: string): void {
    if (this.#rules === 'host') return;
    const refused = this.#rules.findIndex(({ read }) => !read.some((rule) => this.#isFrom(rule, pluginId)));
    if (refused !== -1) throw this.#denied('list', { pluginId, path: '**' }, refused);
  }

  /** Throws `ERR_PERMISSION_DENIED` for the artifacts of others where the broker is not the host's own. */
  assertOwn(operation: ArtifactOperation, pluginId: string): void {
    if (this.#rules !== 'host' && pluginId !== this.#self) throw this.#denied(operation, { pluginId, path: '**' }, 0);
  }

  /** The first set of rules of which none allows it. */
  #refusing(
    operation: ArtifactOperation,
    key: ArtifactKey,
    holds: (rule: CompiledRule) => boolean,
  ): number | undefined {
    if (this.#rules === 'host') return undefined;
    const writes = operation === 'write' || operation === 'delete';
    if (writes && key.pluginId !== this.#self) return 0;
    const place = this.#rules.findIndex(
      ({ read, write }) =>
        !(writes ? write : read).some(
          (rule) =>
            (writes || this.#isFrom(rule, key.pluginId)) &&
            holds(rule) &&
            rule.globs.some((glob) => matchesPath(glob, key.path)),
        ),
    );
    return place === -1 ? undefined : place;
  }

  #isFrom({ from }: CompiledRule, pluginId: string): boolean {
    return from === '*' || (from === 'self' ? this.#self : from) === pluginId;
  }

  #denied(operation: ArtifactOperation, key: ArtifactKey, refused: number, forType = false): PluginError {
    const { pluginId, path } = key;
    const target = path === '**' ? `artifact://${pluginId}/` : artifactUri(key);
    const reason = refused === 0 ? 'not-requested' : 'not-granted';
    return createError('ERR_PERMISSION_DENIED', `${operation} access to ${target} is denied: ${reason}`, {
      details: { kind: 'artifact', operation, target, reason },
      hint: this.#wayOut(operation, key, { reason, forType }),
    });
  }

  #wayOut(
    operation: ArtifactOperation,
    { pluginId, path }: ArtifactKey,
    why: { reason: string; forType: boolean },
  ): string {
    const writes = operation === 'write' || operation === 'delete';
    if (writes && pluginId !== this.#self) return 'a plugin writes and deletes its own artifacts alone';
    const place = `artifacts.${writes ? 'write' : 'read'} of what the ${why.reason === 'not-requested' ? 'manifest asks for' : 'host grants'}`;
    const rule = writes ? { paths: [path] } : { from: pluginId === this.#self ? 'self' : pluginId, paths: [path] };
    if (why.forType) return `let a rule in ${place} have no \`types\`, or those of this artifact`;
    return `add ${JSON.stringify(rule)} to ${place}`;
  }
}
