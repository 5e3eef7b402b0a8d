import type { KnownCapabilities } from '@kb-labs/capabilities';
import { isPluginId } from '@kb-labs/contracts';
import type { PermissionSpec } from '@kb-labs/contracts';
import { parsePermissionSpec } from '@kb-labs/permissions';
import { z } from 'zod';
import { deepFreeze } from './freeze.js';
import { assertGrants } from './parse-grants.js';
import { escapePointer } from './plain-json.js';

/** What a host grants to one plugin that others invoke. */
export interface CalleeGrant {
  readonly capabilities: readonly string[];
  readonly permissions: PermissionSpec;
  /**
   * `shared` (the default): it may do what its own grant and its caller's both allow. `own`: what its own grant allows, whoever
   * invokes it; grant this only to a plugin that checks what it is asked to do.
   */
  readonly authority?: 'shared' | 'own';
}

/** A grant as it is written, before its spec has been looked at. */
interface WrittenGrant extends Pick<CalleeGrant, 'capabilities' | 'authority'> {
  readonly permissions?: unknown;
}

const calleeSchema: z.ZodType<WrittenGrant> = z.strictObject({
  capabilities: z.array(z.string()).max(1000),
  permissions: z.unknown().refine((spec) => spec !== undefined, 'write what is granted, or {} where nothing is'),
  authority: z.enum(['shared', 'own']).exactOptional(),
});

/** The shape of `callees`. The specs are parsed by `parseCallees`, which knows more of them. */
export const calleesSchema: z.ZodType<Readonly<Record<string, WrittenGrant>>> = z.record(
  z.string().refine(isPluginId, 'is not the id of a plugin'),
  calleeSchema,
);

/** Grants by plugin id, copied and frozen. Throws `ERR_CONFIG_INVALID` with a pointer for a spec or a capability that is none. */
export function parseCallees(
  callees: Readonly<Record<string, WrittenGrant>>,
  known: KnownCapabilities,
): ReadonlyMap<string, CalleeGrant> {
  return new Map(
    Object.entries(callees).map(([id, { capabilities, permissions, authority }]) => {
      const pointer = `/callees/${escapePointer(id)}`;
      assertGrants(capabilities, `${pointer}/capabilities`, known);
      const spec = parsePermissionSpec(permissions, { pointer: `${pointer}/permissions` });
      return [id, deepFreeze({ capabilities, permissions: spec, ...(authority === undefined ? {} : { authority }) })];
    }),
  );
}
