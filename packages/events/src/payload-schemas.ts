import type { StandardSchemaV1 } from '@standard-schema/spec';
import { createError, MAX_ISSUES } from '@kb-labs/contracts';
import type { Issue, PluginError } from '@kb-labs/contracts';
import { configInvalid } from './event-errors.js';
import { showTopic } from './topic.js';
import { matches, parsePattern } from './topic-pattern.js';
import type { TopicPattern } from './topic-pattern.js';

/** Schemas by topic. `parse` returns what the last one that matches made, or the payload itself where none matches. */
export interface PayloadSchemas {
  parse(topic: string, segments: readonly string[], payload: unknown): unknown;
}

/** Throws `ERR_CONFIG_INVALID` for a key that is no pattern, or a value that is no Standard Schema. */
export function compileSchemas(schemas: Readonly<Record<string, StandardSchemaV1>>): PayloadSchemas {
  const compiled = Object.entries(schemas).map(
    ([text, schema]): { pattern: TopicPattern; schema: StandardSchemaV1 } => {
      const pattern = parsePattern(text);
      if (pattern === undefined) throw configInvalid('/schemas', `"${showTopic(text)}" is not a topic pattern`);
      if (!isStandardSchema(schema)) throw configInvalid(`/schemas/${text}`, 'is not a Standard Schema (version 1)');
      return { pattern, schema };
    },
  );
  return Object.freeze({
    parse(topic: string, segments: readonly string[], payload: unknown): unknown {
      let value = payload;
      for (const { pattern, schema } of compiled) {
        if (matches(pattern.segments, segments)) value = validate(schema, value, topic);
      }
      return value;
    },
  });
}

function validate(schema: StandardSchemaV1, value: unknown, topic: string): unknown {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    // What it settles to is of no use, and must not end the process.
    result.catch(() => undefined);
    // To wait for it would let a later event of the topic overtake this one.
    throw createError('ERR_CONFIG_INVALID', `the schema of ${topic} validates asynchronously`, {
      details: { topic },
      hint: 'give the bus a schema without asynchronous checks',
    });
  }
  if (result.issues === undefined) return result.value;
  throw refused(topic, result.issues);
}

function refused(topic: string, issues: readonly StandardSchemaV1.Issue[]): PluginError {
  const shown = issues.slice(0, MAX_ISSUES).map(({ message, path = [] }): Issue => ({
    pointer: path.slice(0, 8).map(pointerStep).join(''),
    message: message.slice(0, 512),
  }));
  return createError('ERR_INVALID_ARGUMENT', `the payload does not fit the schema of ${topic}: ${shown[0]?.message}`, {
    details: { topic, issues: shown, issueCount: issues.length },
  });
}

function pointerStep(part: PropertyKey | StandardSchemaV1.PathSegment): string {
  const key = String(typeof part === 'object' ? part.key : part).slice(0, 64);
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  if (typeof standard !== 'object' || standard === null) return false;
  return Reflect.get(standard, 'version') === 1 && typeof Reflect.get(standard, 'validate') === 'function';
}
