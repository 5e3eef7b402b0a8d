import { createError } from '@kb-labs/contracts';
import type { ArtifactDeclaration, ArtifactInfo, ArtifactStore, PluginError, QuotaMeter } from '@kb-labs/contracts';
import { artifactUri } from './artifact-uri.js';
import { foldPath } from './artifact-path.js';
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
  readonly signal: AbortSignal;
}

interface PlannedArtifact {
  readonly path: string;
  readonly body: Uint8Array;
  readonly contentType: string;
}

/**
 * Writes what a manifest declares out of an output, in the order declared. Everything is selected, rendered, measured and charged before
 * the first write, so what can be refused leaves no trace; a store that fails halfway keeps the artifacts before.
 * Throws `ERR_OUTPUT_INVALID`, `ERR_ARTIFACT_PATH_INVALID`, `_CONFLICT`, `_TOO_LARGE`, `ERR_QUOTA_EXCEEDED` and the store's own codes.
 */
export async function writeDeclaredArtifacts(options: WriteDeclaredArtifactsOptions): Promise<readonly ArtifactInfo[]> {
  const planned = planArtifacts(options);
  const total = planned.reduce((sum, artifact) => sum + artifact.body.byteLength, 0);
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
    const template = parsePathTemplate(declaration.pathTemplate, { variables });
    const path = renderPathTemplate(template, options.variables);
    const part = selectArtifact(options.output, declaration.from ?? '');
    if (part === undefined) {
      if (declaration.optional === true) continue;
      throw missingPart(declaration);
    }
    const content = encode(part, declaration);
    if (content.body.byteLength > (declaration.maxBytes ?? Number.POSITIVE_INFINITY)) {
      throw tooLarge(declaration, content.body.byteLength);
    }
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
    planned.push({ path, ...content });
  }
  return planned;
}

function putArtifact(artifact: PlannedArtifact, options: WriteDeclaredArtifactsOptions): Promise<ArtifactInfo> {
  const { path, body, contentType } = artifact;
  return options.store.put({ pluginId: options.pluginId, path }, body, {
    contentType,
    maxBytes: body.byteLength,
    ifExists: 'replace',
    signal: options.signal,
  });
}

function encode(part: unknown, declaration: ArtifactDeclaration): Omit<PlannedArtifact, 'path'> {
  const contentType = declaration.contentType;
  if (typeof part === 'string') {
    return { body: Buffer.from(part), contentType: contentType ?? 'text/plain; charset=utf-8' };
  }
  if (part instanceof Uint8Array) return { body: part, contentType: contentType ?? 'application/octet-stream' };
  return { body: Buffer.from(`${toJson(part, declaration)}\n`), contentType: contentType ?? 'application/json' };
}

function toJson(part: unknown, declaration: ArtifactDeclaration): string {
  let cause: unknown;
  try {
    // The declared type leaves out that functions and symbols give `undefined`.
    const json: string | undefined = JSON.stringify(part, undefined, 2);
    if (json !== undefined) return json;
  } catch (error) {
    cause = error;
  }
  throw outputInvalid(declaration, 'cannot be written as JSON', cause);
}

function missingPart(declaration: ArtifactDeclaration): PluginError {
  return outputInvalid(declaration, 'is missing', undefined);
}

function outputInvalid(declaration: ArtifactDeclaration, flaw: string, cause: unknown): PluginError {
  const pointer = declaration.from ?? '';
  const place = pointer === '' ? 'the output' : `the part "${pointer}" of the output`;
  return createError('ERR_OUTPUT_INVALID', `the artifact "${declaration.name}" is ${place}, and that ${flaw}`, {
    details: { artifact: declaration.name, pointer },
    hint: 'return that part, or declare the artifact `optional`',
    cause,
  });
}

function tooLarge(declaration: ArtifactDeclaration, bytes: number): PluginError {
  const limit = declaration.maxBytes;
  return createError(
    'ERR_ARTIFACT_TOO_LARGE',
    `the artifact "${declaration.name}" has ${bytes} bytes, its limit is ${limit}`,
    {
      details: { artifact: declaration.name, bytes, limit },
      hint: 'return less, or raise maxBytes in the declaration',
    },
  );
}
