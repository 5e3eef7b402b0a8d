import { describe, expect, it } from 'vitest';
import { isInterpreter } from '../src/interpreters.js';

describe('an interpreter', () => {
  it.each(
    `sh bash dash zsh fish ksh busybox env xargs find awk gawk mawk original-awk sed perl perl5.36.0 python python3 python3.12
    python3.12d pypy3 node node-22 nodejs bun deno ruby3.1 php8.2 lua5.4 luajit tclsh8.6 osascript powershell pwsh pwsh.exe cmd.exe
    CMD.EXE wscript.exe make gmake sudo su doas ssh nohup nice timeout setsid stdbuf script watch time strace gdb gdb-multiarch vim
    vim.basic vim.tiny vi ex ed less git git-lfs tar bsdtar rsync docker docker-compose bash5 sqlite3 ld-linux-x86-64.so.2 ld.so
    systemd-run start-stop-daemon run-parts`
      .split(/\s+/)
      .map((name) => [name] as const),
  )('is %s', (name) => {
    expect(isInterpreter(`/usr/bin/${name}`)).toBe(true);
    expect(isInterpreter(`C:\\tools\\${name}`)).toBe(true);
  });

  it.each([
    'ls',
    'cat',
    'sha256sum',
    'grep',
    'jq',
    'convert',
    'ffmpeg',
    'wc',
    'sort',
    'shasum',
    'dotty',
    'pandoc',
    'diff',
  ])('is not %s', (name) => {
    expect(isInterpreter(`/usr/bin/${name}`)).toBe(false);
  });

  it('is not a folder that is called like one', () => {
    expect(isInterpreter('/opt/python3/bin/ls')).toBe(false);
  });
});
