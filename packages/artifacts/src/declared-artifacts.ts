import { createError, isPluginError } from '@kb-labs/contracts';
import type {
  ArtifactDeclaration,
  ArtifactInfo,
  ArtifactStore,
  Clock,
  PluginError,
  QuotaMeter,
} from '@kb-labs/contracts';
import { artifactUri } from './artifact-uri.js';
import { foldPath } from './artifact-path.js';
import { checkArtifactDeclaration } from './declaration.js';
import { encodeData } from './encode-data.js';
import type { EncodedData } from './encode-data.js';
import { parsePathTemplate, renderPathTemplate } from './path-template.js';
import { selectArtifact } from './select-artifact.js';
import { conflict } from './store-errors.js';

/** What a manifest declares, the output that it is taken from, and where it goes. */
export interface WriteDeclaredArtifactsOptions {
  readonly declarations: readonly ArtifactDeclaration[];
  /** The output of the handler, as its schema gave it back. */
  readonly output: unknown;
  readonly store: ArtifactStore;
  readonly pluginId: string;
  /** A value for every placeholder that a template may use. */
  readonly variables: Readonly<Record<string, string>>;
  readonly meter: QuotaMeter;
  /** Tells when a `ttlMs` begins. Default: that of the process. */
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

interface PlannedArtifact {
  readonly path: string;
  readonly content: EncodedData;
  readonly declaration: ArtifactDeclaration;
}

/**
 * Writes what a manifest declares out of an output, in the order declared. Everything is selected, rendered, measured and charged before
 * the first write, so what can be refused leaves no trace; a store that fails halfway keeps the artifacts before.
 * Throws `ERR_MANIFEST_INVALID`, `ERR_OUTPUT_INVALID`, `ERR_ARTIFACT_PATH_INVALID`, `_CONFLICT`, `_TOO_LARGE`, `ERR_QUOTA_EXCEEDED` and the store's own codes.
 */
export async function writeDeclaredArtifacts(options: WriteDeclaredArtifactsOptions): Promise<readonly ArtifactInfo[]> {
  const planned = planArtifacts(options);
  const total = planned.reduce((sum, artifact) => sum + artifact.content.body.byteLength, 0);
  const written: ArtifactInfo[] = [];
  const count = options.meter.reserve('maxArtifacts', planned.length);
  try {
    const bytes = options.meter.reserve('maxArtifactBytes', total);
    try {
      for (const artifact of planned) written.push(await putArtifact(artifact, options));
    } finally {
      bytes.commit(written.reduce((sum, info) => sum + info.bytes, 0));
    }
  } finally {
    count.commit(written.length);
  }
  return written;
}

function planArtifacts(options: WriteDeclaredArtifactsOptions): readonly PlannedArtifact[] {
  const variables = Object.keys(options.variables);
  const names = new Map<string, string>();
  const planned: PlannedArtifact[] = [];
  for (const declaration of options.declarations) {
    checkArtifactDeclaration(declaration, { variables });
    const template = parsePathTemplate(declaration.pathTemplate, { variables });
    const path = renderPathTemplate(template, options.variables);
    const part = selectArtifact(options.output, declaration.from ?? '');
    if (part === undefined) {
      if (declaration.optional === true) continue;
      throw missingPart(declaration);
    }
    const content = encode(part, declaration);
    const folded = foldPath(path);
    const other = names.get(folded);
    if (other !== undefined) {
      throw conflict(
        artifactUri({ pluginId: options.pluginId, path }),
        `"${other}" and "${declaration.name}" both name it`,
        'templates',
      );
    }
    names.set(folded, declaration.name);
    planned.push({ path, content, declaration });
  }
  return planned;
}

function putArtifact(
  { path, content, declaration }: PlannedArtifact,
  options: WriteDeclaredArtifactsOptions,
): Promise<ArtifactInfo> {
  const { version, schemaVersion, ttlMs } = declaration;
  const now = options.clock?.now() ?? Date.now();
  return options.store.put({ pluginId: options.pluginId, path }, content.body, {
    contentType: declaration.contentType ?? content.contentType,
    maxBytes: content.body.byteLength,
    ...(version === undefined ? {} : { version }),
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
    ...(ttlMs === undefined ? {} : { expiresAt: now + ttlMs }),
    signal: options.signal,
  });
}

function encode(part: unknown, declaration: ArtifactDeclaration): EncodedData {
  const { maxBytes = Number.POSITIVE_INFINITY } = declaration;
  let encoded: EncodedData;
  try {
    encoded = encodeData(part, { maxBytes, dropUndefined: true });
  } catch (error) {
    if (!isPluginError(error)) throw error;
    if (error.code === 'ERR_ARTIFACT_TOO_LARGE') throw tooLarge(declaration, 'more');
    throw outputInvalid(declaration, 'cannot be written', error);
  }
  if (encoded.body.byteLength > maxBytes) throw tooLarge(declaration, encoded.body.byteLength);
  return encoded;
}

function missingPart(declaration: ArtifactDeclaration): PluginError {
  return outputInvalid(declaration, 'is missing', undefined);
}

function outputInvalid(declaration: ArtifactDeclaration, flaw: string, cause: PluginError | undefined): PluginError {
  const pointer = declaration.from ?? '';
  const place = pointer === '' ? 'the output' : `the part "${pointer}" of the output`;
  const why = cause === undefined ? '' : `: ${cause.message}`;
  return createError('ERR_OUTPUT_INVALID', `the artifact "${declaration.name}" is ${place}, and that ${flaw}${why}`, {
    details: { artifact: declaration.name, pointer },
    hint: 'return that part, or declare the artifact `optional`',
    cause,
  });
}

function tooLarge(declaration: ArtifactDeclaration, bytes: number | 'more'): PluginError {
  const limit = declaration.maxBytes;
  const size = bytes === 'more' ? `more than ${limit} bytes` : `${bytes} bytes, its limit is ${limit}`;
  return createError('ERR_ARTIFACT_TOO_LARGE', `the artifact "${declaration.name}" has ${size}`, {
    details: { artifact: declaration.name, limit },
    hint: 'return less, or raise maxBytes in the declaration',
  });
}
