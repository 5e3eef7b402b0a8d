import { createError } from '@kb-labs/contracts';
import { MAX_DEPTH } from './json-pointer.js';
import { jsonc } from './late-jsonc.js';

/** A value of a document that lies on the way to a pointer's end, by the places of its text. */
export interface SurveyedValue {
  readonly isObject: boolean;
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
  /** Its last member, where it is an object that has one. */
  readonly lastMember: { readonly start: number; readonly end: number } | undefined;
}

interface OpenValue {
  /** How many names of the pointer lead here; `undefined` beside the way. */
  readonly level: number | undefined;
  readonly isObject: boolean;
  readonly start: number;
  member: { readonly name: string; readonly start: number } | undefined;
  lastMember: SurveyedValue['lastMember'];
}

/**
 * Where the values lie that a pointer leads through, from the document itself (first) on as far as there are any. Of members that
 * have one name the last counts. Throws `ERR_INVALID_ARGUMENT` with the place, and nothing of the text, where it is no JSON (RFC
 * 8259) or more than 100 levels deep.
 */
export function surveyJson(text: string, tokens: readonly string[]): readonly SurveyedValue[] {
  const survey = createSurvey(tokens);
  const begin = (isObject: boolean, offset: number): void => {
    if (survey.depth >= MAX_DEPTH) throw createTextError(text, offset, `it is more than ${MAX_DEPTH} levels deep`);
    survey.begin(isObject, offset);
  };
  jsonc().visit(
    text,
    {
      onObjectBegin: (offset) => begin(true, offset),
      onArrayBegin: (offset) => begin(false, offset),
      onObjectEnd: (offset, length) => survey.end(offset + length),
      onArrayEnd: (offset, length) => survey.end(offset + length),
      onObjectProperty: (name, offset) => survey.name(name, offset),
      onLiteralValue(_, offset, length) {
        survey.begin(false, offset);
        survey.end(offset + length);
      },
      onError(_, offset) {
        throw createTextError(text, offset, 'it is no JSON');
      },
    },
    { disallowComments: true },
  );
  return survey.found;
}

interface Survey {
  readonly found: readonly SurveyedValue[];
  /** How many values are open. */
  readonly depth: number;
  begin(isObject: boolean, start: number): void;
  /** The member that comes next, in the object that is open. */
  name(name: string, start: number): void;
  end(end: number): void;
}

function createSurvey(tokens: readonly string[]): Survey {
  const found: SurveyedValue[] = [];
  const open: OpenValue[] = [];
  const levelHere = (): number | undefined => {
    const parent = open.at(-1);
    if (parent === undefined) return 0;
    if (parent.level === undefined || parent.level >= tokens.length) return undefined;
    return parent.member?.name === tokens[parent.level] ? parent.level + 1 : undefined;
  };
  return {
    found,
    get depth() {
      return open.length;
    },
    begin(isObject, start) {
      const level = levelHere();
      // What an earlier member of this name held does not count.
      if (level !== undefined) found.length = level;
      open.push({ level, isObject, start, member: undefined, lastMember: undefined });
    },
    name(name, start) {
      const parent = open.at(-1);
      if (parent !== undefined) parent.member = { name, start };
    },
    end(end) {
      const closed = open.pop();
      if (closed?.level !== undefined) {
        const { isObject, start, lastMember } = closed;
        found[closed.level] = { isObject, start, end, lastMember };
      }
      const parent = open.at(-1);
      if (parent?.member !== undefined) parent.lastMember = { start: parent.member.start, end };
    },
  };
}

/** Says where, by line and column from 1, and not what. */
function createTextError(text: string, offset: number, problem: string): Error {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - before.lastIndexOf('\n');
  return createError(
    'ERR_INVALID_ARGUMENT',
    `ensureSection: the file is refused: ${problem} (line ${line}, column ${column})`,
    {
      details: { function: 'ensureSection', line, column },
      hint: 'mend the file by hand; nothing was changed',
    },
  );
}
