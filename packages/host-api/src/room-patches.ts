import { DEFAULT_EVENT_SCOPES } from '@kb-labs/contracts';
import type { PatchOperation, PermissionPatch, PermissionSpec } from '@kb-labs/contracts';
import { parsePermissionSpec } from '@kb-labs/permissions';

/** One of the documents behind a run, which must all allow what it does with artifacts and events. */
export interface RuleDocument {
  /** `caller`: another plugin's, which invoked this one. No change of this plugin's documents lifts what that refuses. */
  readonly document: 'manifest' | 'grant' | 'caller';
  /** JSON pointer of the permissions in it, such as `/permissions`. */
  readonly pointer: string;
  /** `undefined` where the document has none. */
  readonly permissions: PermissionSpec | undefined;
}

/** A rule that some of the documents lack. */
export type RuleLack = {
  readonly rule: unknown;
  /** Which documents lack it. */
  readonly places: readonly number[];
} & (
  | { readonly section: 'artifacts'; readonly list: 'read' | 'write' }
  | { readonly section: 'events'; readonly list: 'produce' | 'consume' | 'scopes' }
);

/** As many rules as a spec may have in one list. */
const MAX_RULES = { artifacts: 1000, events: 256 } as const;

/** What to add to which document, so that all of them have the rules; nothing where one of them cannot have one, or is the caller's. */
export function patchDocuments(
  documents: readonly RuleDocument[],
  lacks: readonly RuleLack[],
): readonly PermissionPatch[] {
  const places = [...new Set(lacks.flatMap((lack) => lack.places))].toSorted((one, other) => one - other);
  const patches = places.map((place) =>
    patchOf(
      documents[place],
      lacks.filter((lack) => lack.places.includes(place)),
    ),
  );
  return patches.every((patch) => patch !== undefined) ? patches : [];
}

function patchOf(target: RuleDocument | undefined, lacks: readonly RuleLack[]): PermissionPatch | undefined {
  const [first] = lacks;
  if (target === undefined || target.document === 'caller' || first === undefined) return undefined;
  const { document, pointer, permissions } = target;
  const { section } = first;
  const fresh = Object.fromEntries(lacks.map(({ list, rule }) => [list, [rule]]));
  if (!isAccepted({ [section]: fresh })) return undefined;
  const at = `${pointer}/${section}`;
  const present = permissions?.[section] ?? undefined;
  if (permissions === undefined) {
    return { document, operations: [{ op: 'add', path: pointer, value: { [section]: fresh } }] };
  }
  if (present === undefined) return { document, operations: [{ op: 'add', path: at, value: fresh }] };
  const operations = lacks.map((lack) => addRule(`${at}/${lack.list}`, listOf(present, lack), lack));
  return operations.every((operation) => operation !== undefined) ? { document, operations } : undefined;
}

/** What stands in a list now. No scopes are those that count then. */
function listOf(section: object, { list }: RuleLack): readonly unknown[] | null | undefined {
  const rules: unknown = Reflect.get(section, list);
  return Array.isArray(rules) || rules === null ? rules : undefined;
}

function addRule(
  path: string,
  rules: readonly unknown[] | null | undefined,
  { section, list, rule }: RuleLack,
): PatchOperation | undefined {
  if ((rules?.length ?? 0) >= MAX_RULES[section]) return undefined;
  if (rules === undefined && list === 'scopes') return { op: 'add', path, value: [...DEFAULT_EVENT_SCOPES, rule] };
  return rules === undefined || rules === null
    ? { op: 'add', path, value: [rule] }
    : { op: 'add', path: `${path}/-`, value: rule };
}

/** A path or a topic may be one that no rule can name. */
function isAccepted(spec: unknown): boolean {
  try {
    parsePermissionSpec(spec);
    return true;
  } catch {
    // Why not is of no use to whoever was denied: there is no such rule.
    return false;
  }
}
