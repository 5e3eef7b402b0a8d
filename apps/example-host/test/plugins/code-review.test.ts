import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskCode } from '../../plugins/code-review/mask-code.ts';
import { reviewSource } from '../../plugins/code-review/rules.ts';
import { input } from '../../plugins/code-review/schemas.ts';

function find(text: string, file: string = 'packages/a/src/x.ts'): readonly string[] {
  return reviewSource(file, text).map(({ rule, line }) => `${line} ${rule}`);
}

describe('a review finds', () => {
  it.each([
    ['a debugger', 'call();\n  debugger;\n', ['2 debugger']],
    ['a debugger without a semicolon', 'if (a) { debugger }', []],
    ['text that is run', 'eval(text);\nnew Function("a");', ['1 eval', '2 eval']],
    ['an empty catch', 'try {\n  a();\n} catch (error) {\n}\n', ['3 silent-catch']],
    ['an empty catch without a name', 'try { a(); } catch {}', ['1 silent-catch']],
    ['printing in a library', 'console.log(1);', ['1 console-in-library']],
    ['a task in a comment', '/*\n * TODO: later\n */', ['2 open-task']],
    ['a long line', `// ${'a'.repeat(200)}`, ['1 long-line']],
    [
      'what a merge left',
      `${'<'.repeat(7)} HEAD\na\n${'>'.repeat(7)} branch`,
      ['1 merge-conflict', '3 merge-conflict'],
    ],
  ])('%s', (_, text, found) => {
    expect(find(text)).toEqual(found);
  });

  it.each([
    ['describe.only("a", () => {});', ['1 focused-test']],
    ['it.only("a", () => {});\nfit("b", () => {});', ['1 focused-test', '2 focused-test']],
    ['benefit(1); model.fit(2);', []],
    ['eval("1")', []],
  ])('in a test file: %s', (text, found) => {
    expect(find(text, 'packages/a/test/x.test.ts')).toEqual(found);
  });
});

describe('a review is not taken in by', () => {
  it.each([
    ['texts', `const a = 'debugger; eval("1")'; const b = "// TODO";`],
    ['templates', 'const a = `\ndebugger;\n// TODO ${b}\n`;'],
    ['regular expressions', String.raw`const a = /['"]debugger;eval(1)/u; const b = /[/'](?:eval\()/.test(c);`],
    ['comments about code', '// eval(text) and debugger; are bad'],
    ['divisions', "const a = b / c; const d = 'x' / 2; // nothing"],
    ['a catch that says why', 'try { a(); } catch {\n  // It is gone already.\n}'],
    ['a catch that does something', 'try { a(); } catch { b(); }'],
    ['methods of the same name', 'page.eval(text); object.debugger;'],
    ['code of an app that prints', ''],
  ])('%s', (_, text) => {
    expect(find(text)).toEqual([]);
  });
});

describe('masking', () => {
  it('keeps every line and its length, whatever the source', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'\'"`/*\\\n[](){}ab '), { maxLength: 80 }), (characters) => {
        const source = characters.join('');
        const lengths = source.split('\n').map((line) => line.length);
        const { code, comments } = maskCode(source);
        expect(code.map((line) => line.length)).toEqual(lengths);
        expect(comments.map((line) => line.length)).toEqual(lengths);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('does not slow down on text that never ends', () => {
    for (const source of [
      '/*'.repeat(50_000),
      '`'.repeat(99_999),
      `${'/'.repeat(1)}${'['.repeat(100_000)}`,
      '"\\'.repeat(50_000),
    ]) {
      const start = performance.now();
      maskCode(source);
      expect(performance.now() - start).toBeLessThan(1_000);
    }
  });
});

describe('the name of a review', () => {
  it.each([
    [{}, { value: { name: 'latest' } }],
    [{ name: 'docs-2' }, { value: { name: 'docs-2' } }],
    [
      { name: '../x' },
      { issues: [{ message: 'write up to 40 lower-case letters, digits and dashes', path: ['name'] }] },
    ],
    [{ nam: 'x' }, { issues: [{ message: 'is not known; there is only "name"', path: ['nam'] }] }],
    [null, { issues: [{ message: 'write an object such as { "name": "latest" }', path: [] }] }],
  ])('%j gives %j', (value, result) => {
    expect(input['~standard'].validate(value)).toEqual(result);
  });
});
