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
    const refusedBy = this.#refusing(operation, key, () => true);
    if (refusedBy.length > 0) throw this.#denied({ operation, key, refusedBy });
  }

  /** Throws `ERR_PERMISSION_DENIED` where this content type is not allowed, and does not name it. */
  assertType(operation: ArtifactOperation, key: ArtifactKey, contentType: string): void {
    const refusedBy = this.#refusing(operation, key, ({ types }) => isAmong(types, contentType));
    if (refusedBy.length > 0) throw this.#denied({ operation, key, refusedBy, forType: true });
  }

  /** Whether an artifact may be in a list. */
  mayList(key: ArtifactKey, contentType: string): boolean {
    return this.#refusing('list', key, ({ types }) => isAmong(types, contentType)).length === 0;
  }

  /** Throws `ERR_PERMISSION_DENIED` where nothing of a plugin may be read; `glob` is what was asked for. */
  assertOwner(pluginId: string, glob = '**'): void {
    if (this.#rules === 'host') return;
    const refusedBy = placesOf(this.#rules, ({ read }) => !read.some((rule) => this.#isFrom(rule, pluginId)));
    if (refusedBy.length === 0) return;
    throw this.#denied({ operation: 'list', key: { pluginId, path: glob }, refusedBy, forAll: true });
  }

  /** Throws `ERR_PERMISSION_DENIED` for the artifacts of others where the broker is not the host's own. */
  assertOwn(operation: ArtifactOperation, pluginId: string): void {
    if (this.#rules === 'host' || pluginId === this.#self) return;
    throw this.#denied({ operation, key: { pluginId, path: '**' }, refusedBy: [0], forAll: true });
  }

  /** The places of the sets of rules of which none allows it. */
  #refusing(operation: ArtifactOperation, key: ArtifactKey, holds: (rule: CompiledRule) => boolean): readonly number[] {
    if (this.#rules === 'host') return [];
    const writes = isWriting(operation);
    if (writes && key.pluginId !== this.#self) return [0];
    return placesOf(
      this.#rules,
      ({ read, write }) =>
        !(writes ? write : read).some(
          (rule) =>
            (writes || this.#isFrom(rule, key.pluginId)) &&
            holds(rule) &&
            rule.globs.some((glob) => matchesPath(glob, key.path)),
        ),
    );
  }

  #isFrom({ from }: CompiledRule, pluginId: string): boolean {
    return from === '*' || (from === 'self' ? this.#self : from) === pluginId;
  }

  #denied({ operation, key, refusedBy, forType = false, forAll = false }: ArtifactDenial): PluginError {
    const target = forAll ? `artifact://${key.pluginId}/` : artifactUri(key);
    const reason = refusedBy[0] === 0 ? 'not-requested' : 'not-granted';
    const rule = this.#missingRule(operation, key);
    const place = `artifacts.${isWriting(operation) ? 'write' : 'read'} of what the ${reason === 'not-requested' ? 'manifest asks for' : 'host grants'}`;
    const wayOut = forType
      ? `let a rule in ${place} have no \`types\`, or those of this artifact`
      : `add ${JSON.stringify(rule)} to ${place}`;
    return createError('ERR_PERMISSION_DENIED', `${operation} access to ${target} is denied: ${reason}`, {
      details: { kind: 'artifact', operation, target, reason, ...(rule !== undefined && { rule, refusedBy }) },
      hint: rule === undefined ? 'a plugin writes and deletes its own artifacts alone' : wayOut,
    });
  }

  /** The rule that each of the refusing sets lacks; `undefined` where no rule is about that. */
  #missingRule(operation: ArtifactOperation, { pluginId, path }: ArtifactKey): ArtifactRule | undefined {
    // A glob may hold none of these, and a path may.
    const paths = [path.replaceAll(/[[\]{}()!]/g, '?')];
    if (!isWriting(operation)) return { from: pluginId === this.#self ? 'self' : pluginId, paths };
    return pluginId === this.#self ? { paths } : undefined;
  }
}

type ArtifactRule = { readonly from?: string; readonly paths: readonly string[] };

/** Who refused what. */
interface ArtifactDenial {
  readonly operation: ArtifactOperation;
  readonly key: ArtifactKey;
  /** Places of the sets of rules, one at least. */
  readonly refusedBy: readonly number[];
  /** Whether a rule is there, and asks for another content type. */
  readonly forType?: boolean;
  /** Whether it is about all artifacts of a plugin. */
  readonly forAll?: boolean;
}

function isWriting(operation: ArtifactOperation): boolean {
  return operation === 'write' || operation === 'delete';
}

function placesOf(rules: readonly CompiledRules[], refuses: (set: CompiledRules) => boolean): readonly number[] {
  return rules.flatMap((set, place) => (refuses(set) ? [place] : []));
}
