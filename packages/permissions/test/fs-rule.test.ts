import { describe, expect, it } from 'vitest';
import { parseFsRule } from '../src/fs-rule.js';

describe('file rules', () => {
  it.each([
    ['.', 'entry', []],
    ['./src', 'entry', ['src']],
    ['src/', 'entry', ['src']],
    ['src/./a//b', 'entry', ['src', 'a', 'b']],
    ['app/(group)/a+b', 'entry', ['app', '(group)', 'a+b']],
    ['#notes', 'entry', ['#notes']],
    ['*.ts', 'glob', ['*.ts']],
    ['src/**', 'glob', ['src', '**', '*']],
    ['**/**/a', 'glob', ['**', 'a']],
  ])('%s is a rule', (text, kind, segments) => {
    expect(parseFsRule(text)).toEqual({ ok: true, rule: { kind, segments } });
  });

  it.each([
    ['', 'write "." for the root'],
    ['a{b,c}', 'write one rule for each alternative'],
    ['{1..1000000}', 'write one rule for each alternative'],
    ['+(+(+(a)))b', 'write one rule for each alternative'],
    ['!(a)', 'write the pattern under "deny"'],
    ['!secret', 'write the pattern under "deny"'],
    ['[a-z]', 'write "?" for one character'],
    ['a\\b', 'write "/"'],
    ['a\0b', 'write plain text'],
    ['a\nb', 'write plain text'],
    ['a\ud800', 'write plain text'],
    ['../a', 'choose a root that holds it'],
    ['a/../b', 'choose a root that holds it'],
    ['/etc', 'choose a root that holds it'],
    ['c:/a', 'choose a root that holds it'],
    ['~/.ssh', 'not expanded'],
    ['a**', 'write it as a whole segment'],
    ['**.ts', 'write it as a whole segment'],
    ['***', 'write it as a whole segment'],
    ['*a'.repeat(25), 'write fewer'],
    ['**/a/'.repeat(12), 'write fewer'],
    ['*?????', 'write fewer'],
    [`*/${'a/'.repeat(40)}`, 'write a shorter one'],
  ])('%j is refused', (text, advice) => {
    expect(parseFsRule(text)).toEqual({ ok: false, problem: expect.stringContaining(advice) });
  });
});
