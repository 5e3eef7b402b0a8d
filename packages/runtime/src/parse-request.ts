import * as types from 'node:util/types';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { z } from 'zod';
import type { HandlerReference } from './handler-reference.js';
import { parseBySchema } from './schema-issues.js';
import { isStandardSchema } from './standard-schema.js';

const standardSchema = z.custom<StandardSchemaV1>(isStandardSchema, 'is not a Standard Schema');

const requestSchema = z.strictObject({
  handler: z.union(
    [z.string(), z.strictObject({ file: z.string(), export: z.string() })],
    'is not a handler reference',
  ),
  input: z.unknown().optional(),
  inputSchema: standardSchema.optional(),
  outputSchema: standardSchema.optional(),
  signal: z.instanceof(AbortSignal, { error: 'is not an AbortSignal' }).optional(),
  timeoutMs: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional(),
  plugin: z.string().optional(),
  traceparent: z.string().optional(),
  dryRun: z.boolean().optional(),
});

/** A request whose fields have been looked at. */
export interface ParsedRequest {
  readonly handler: string | HandlerReference;
  readonly input?: unknown;
  readonly inputSchema?: StandardSchemaV1 | undefined;
  readonly outputSchema?: StandardSchemaV1 | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly plugin?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Checks the fields of a request. Throws `ERR_CONFIG_INVALID` with the pointer of the first that is wrong. */
export function parseRequest(request: unknown): ParsedRequest {
  return (
    readPlain(request) ?? parseBySchema(requestSchema, request, { code: 'ERR_CONFIG_INVALID', what: 'the request' })
  );
}

/** What the schema would make of a request that is as most are, in a tenth of its time; `undefined` where the schema must look. */
function readPlain(request: unknown): ParsedRequest | undefined {
  if (typeof request !== 'object' || request === null || types.isProxy(request)) return undefined;
  if (Object.getPrototypeOf(request) !== Object.prototype) return undefined;
  const given = copyFields(request);
  const names = Object.getOwnPropertyNames(request);
  // The schema reads hidden fields as well, and these were not copied; symbols it refuses.
  if (given === undefined || Object.getOwnPropertySymbols(request).length > 0) return undefined;
  if (Object.keys(given).length !== names.length) return undefined;
  for (const name of names) if (!fits(name, given[name])) return undefined;
  // Each field that is there has passed the check of its own, and the one that must be there is.
  return given['handler'] === undefined ? undefined : (given as unknown as ParsedRequest);
}

function copyFields(request: object): Readonly<Record<string, unknown>> | undefined {
  try {
    return { ...request };
  } catch {
    // A getter that throws: the schema meets it again, and says so.
    return undefined;
  }
}

/** For each field a check that passes nothing that its schema refuses. */
function fits(field: string, value: unknown): boolean {
  switch (field) {
    case 'handler':
      return typeof value === 'string';
    case 'input':
      return true;
    case 'inputSchema':
    case 'outputSchema':
      return value === undefined || isStandardSchema(value);
    case 'signal':
      return value === undefined || value instanceof AbortSignal;
    case 'timeoutMs':
      return value === undefined;
    case 'plugin':
    case 'traceparent':
      return value === undefined || typeof value === 'string';
    case 'dryRun':
      return value === undefined || typeof value === 'boolean';
    default:
      return false;
  }
}
