import { createError } from '@kb-labs/contracts';
import type { SandboxHost } from '@kb-labs/contracts';

/** Answers the calls of `ctx.artifacts`: keeps one artifact, and hands it out again. */
export interface ArtifactHost {
  readonly answer: SandboxHost['call'];
  /** Each call, without the bytes that it carries: how many they are stands in their place. */
  readonly heard: readonly (readonly unknown[])[];
}

export interface ArtifactHostOptions {
  /** Pieces that a reader gets. Default: what was written whole, in one. */
  readonly pieces?: readonly Uint8Array[];
}

/** What it says of whatever it keeps. */
export const ARTIFACT_INFO = {
  uri: 'artifact://conformance/a',
  pluginId: 'conformance',
  path: 'a',
  bytes: 1,
  sha256: '00',
  etag: 'e',
  contentType: 'text/plain',
  version: '1.0.0',
  schemaVersion: undefined,
  createdAt: 0,
  expiresAt: undefined,
} as const;

/** The id under which it opens what is read or written piece by piece. */
export const ARTIFACT_ID = 7;

/** Makes the host, with nothing kept. */
export function createArtifactHost({ pieces }: ArtifactHostOptions = {}): ArtifactHost {
  const heard: (readonly unknown[])[] = [];
  let kept: unknown;
  let left: readonly Uint8Array[] = [];
  return {
    heard,
    async answer(name, args) {
      heard.push([name, ...args.map((arg) => (arg instanceof Uint8Array ? arg.byteLength : arg))]);
      switch (name) {
        case 'artifacts.write':
          kept = args[1];
          return ARTIFACT_INFO;
        case 'artifacts.read':
          return { info: ARTIFACT_INFO, bytes: kept };
        case 'artifacts.openRead':
          left = pieces ?? [];
          return { id: ARTIFACT_ID, info: ARTIFACT_INFO };
        case 'artifacts.readChunk': {
          const [piece, ...rest] = left;
          left = rest;
          return piece;
        }
        case 'artifacts.openWrite':
          return ARTIFACT_ID;
        case 'artifacts.closeWrite':
          return args[1] === true ? ARTIFACT_INFO : undefined;
        case 'artifacts.writeChunk':
        case 'artifacts.closeRead':
          return undefined;
        default:
          throw createError('ERR_INTERNAL', `${name} is not answered`);
      }
    },
  };
}
