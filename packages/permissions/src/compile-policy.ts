import type {
  PatchOperation,
  PermissionDecision,
  PermissionPolicy,
  PermissionSpec,
  QuotaSpec,
} from '@kb-labs/contracts';
import { canonicalRules } from './canonical-rules.js';
import { configError, joinPointer } from './config-error.js';
import { compileEnvSection } from './env-section.js';
import { parseRoot } from './fs-path.js';
import { compileFsSection } from './fs-section.js';
import type { FsTarget } from './fs-section.js';
import { compileInvokeSection } from './invoke-section.js';
import type { InvokeQuestion } from './invoke-section.js';
import { assertKnownOptions } from './known-options.js';
import type { OptionNames } from './known-options.js';
import { compileNetSection } from './net-section.js';
import type { NetQuestion } from './net-section.js';
import { parsePermissionSpec } from './parse-spec.js';
import { readPlainRoot } from './plain-path.js';
import type { ParsedRequest } from './parsed-request.js';
import { CompiledPolicy } from './policy.js';
import type { Grounds, PolicyCore } from './policy.js';
import { effectiveQuotas } from './quotas.js';
import { deny } from './section.js';
import type { Section, SectionContext } from './section.js';
import { compileShellSection } from './shell-section.js';
import type { ShellQuestion } from './shell-section.js';

/** What a policy must know besides its spec. An unknown one is `ERR_CONFIG_INVALID`. */
export interface CompilePolicyOptions {
  /** Absolute. File rules and relative paths are below it. */
  readonly root: string;
  /** Whose document it is, for the origin of each rule and the error code. Default: `grant`. */
  readonly source?: 'manifest' | 'grant';
  /** JSON pointer of the spec in that document, such as `/permissions`. Default: the spec is the document. */
  readonly pointer?: string;
  /** Absolute paths that nothing may write or delete: the plugin's code, the runtime. */
  readonly protectedPaths?: readonly string[];
  /** Absolute paths that are not there for the plugin: nothing at or below them is read, listed, looked at, written or deleted. */
  readonly hiddenPaths?: readonly string[];
  /** Whose path and name rules hold. Default: this process's. */
  readonly platform?: NodeJS.Platform;
}

const OPTIONS: OptionNames<CompilePolicyOptions> = {
  root: true,
  source: true,
  pointer: true,
  protectedPaths: true,
  hiddenPaths: true,
  platform: true,
};

/**
 * Compiles a spec into an immutable policy; without a spec it denies all. Throws `ERR_CONFIG_INVALID`, or
 * `ERR_MANIFEST_INVALID` where the source is a manifest, for a spec that `parsePermissionSpec` refuses.
 */
export function compilePolicy(
  spec: PermissionSpec | null | undefined,
  options: CompilePolicyOptions,
): PermissionPolicy {
  assertKnownOptions(options, OPTIONS);
  const { source = 'grant', pointer = '', platform = process.platform } = options;
  if (source !== 'grant' && source !== 'manifest') {
    throw configError('ERR_CONFIG_INVALID', [{ pointer: '/source', message: 'must be "manifest" or "grant"' }]);
  }
  const code = source === 'manifest' ? 'ERR_MANIFEST_INVALID' : 'ERR_CONFIG_INVALID';
  const parsed = parsePermissionSpec(spec ?? {}, { pointer, code });
  const places = {
    root: parseRoot(options.root, platform, '/root'),
    protectedPaths: parsePaths('protectedPaths', options, platform),
    hiddenPaths: parsePaths('hiddenPaths', options, platform),
  };
  const document: SpecDocument = { source, pointer, platform, absent: spec === undefined || spec === null };
  return new CompiledPolicy(compileCore(parsed, document, places));
}

function parsePaths(
  name: 'protectedPaths' | 'hiddenPaths',
  options: CompilePolicyOptions,
  platform: NodeJS.Platform,
): readonly string[] {
  const paths = options[name] ?? [];
  const pointer = joinPointer('', name);
  if (!Array.isArray(paths)) {
    throw configError('ERR_CONFIG_INVALID', [{ pointer, message: 'must be a list of absolute paths' }]);
  }
  return paths.map((path, index) => parseRoot(path, platform, joinPointer(pointer, index)));
}

interface SpecDocument extends SectionContext {
  /** Whether the document has no spec at all, so that a patch must bring one. */
  readonly absent: boolean;
}

interface Places {
  readonly root: string;
  readonly protectedPaths: readonly string[];
  readonly hiddenPaths: readonly string[];
}

function compileCore(spec: PermissionSpec, document: SpecDocument, places: Places): PolicyCore {
  const at = (section: string): SectionContext => ({ ...document, pointer: joinPointer(document.pointer, section) });
  const sections: Sections = {
    fs: compileFsSection(spec.fs ?? undefined, { ...at('fs'), ...places }),
    net: compileNetSection(spec.net ?? undefined, at('net')),
    env: compileEnvSection(spec.env ?? undefined, at('env')),
    invoke: compileInvokeSection(spec.invoke ?? undefined, at('invoke')),
    shell: compileShellSection(spec.shell ?? undefined, at('shell')),
  };
  const named: QuotaSpec = spec.quotas ?? {};
  const quotas = effectiveQuotas(named);
  return {
    root: places.root,
    platform: document.platform,
    plainRoot: readPlainRoot(places.root, document.platform),
    quotas,
    // A default is the host's word, not the manifest's.
    bindingQuotas: document.source === 'manifest' ? named : quotas,
    rules: () => [canonicalRules(spec), places.protectedPaths.toSorted(), places.hiddenPaths.toSorted()],
    decide: (request) => (request.kind === 'refused' ? deny(request.reason) : decide(sections, request)),
    ground: (request) =>
      request.kind === 'refused' ? { considered: [], patches: undefined } : ground(document, sections, request),
  };
}

interface Targets {
  readonly fs: FsTarget;
  readonly net: NetQuestion;
  readonly env: string;
  readonly invoke: InvokeQuestion;
  readonly shell: ShellQuestion;
}

type Sections = { readonly [Kind in keyof Targets]: Section<Targets[Kind]> };

interface Question<Kind extends keyof Targets> {
  readonly kind: Kind;
  readonly target: Targets[Kind];
}

function decide(sections: Sections, request: Exclude<ParsedRequest, { kind: 'refused' }>): PermissionDecision {
  switch (request.kind) {
    case 'fs':
      return sections.fs.decide(request.target);
    case 'net':
      return sections.net.decide(request.target);
    case 'env':
      return sections.env.decide(request.target);
    case 'invoke':
      return sections.invoke.decide(request.target);
    case 'shell':
      return sections.shell.decide(request.target);
  }
}

function ground<Kind extends keyof Targets>(
  { source, pointer, absent }: SpecDocument,
  sections: Sections,
  { kind, target }: Question<Kind>,
): Grounds {
  const considered = sections[kind].lines(target);
  const lifted = sections[kind].lift(target);
  if (lifted === undefined) return { considered, patches: undefined };
  const value = absent ? { [kind]: lifted[0]?.value } : undefined;
  const operations: readonly PatchOperation[] = absent ? [{ op: 'add', path: pointer, value }] : lifted;
  return { considered, patches: [{ document: source, operations }] };
}
