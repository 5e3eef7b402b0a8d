/**
 * Programs whose work is to run what arguments, input or files tell them to. Names, and so no proof: a copy under another name is not
 * found out. What a command may reach is for its wall to say; this keeps a careless grant from being a grant of everything.
 */
const NAMES: readonly string[] = [
  // Shells.
  'sh ash bash rbash dash zsh fish ksh mksh pdksh lksh yash csh tcsh elvish nu xonsh posh busybox toybox pwsh',
  'powershell cmd wscript cscript mshta rundll32 osascript',
  // Languages.
  'perl python pypy ipython node nodejs bun deno qjs ruby irb jruby php lua luajit tclsh wish expect awk gawk mawk',
  'nawk bwk original sed gsed ssed java jshell groovy kotlin scala clojure r rscript julia guile racket sbcl clisp',
  'ocaml ghci runghc erl escript elixir iex swift dart tcc m4 octave gnuplot wasmtime wasmer dotnet mono qemu',
  // What builds, and what installs.
  'make gmake bmake ninja meson cmake bazel ant mvn gradle rake just go cargo npm npx pnpm pnpx yarn corepack pip',
  'pipx uv uvx gem bundle bundler composer dpkg apt rpm yum dnf apk brew nix',
  // What runs another program, here or elsewhere.
  'env xargs find fd fdfind parallel entr flock sudo su doas pkexec runuser chroot fakeroot unshare nsenter bwrap',
  'firejail setpriv capsh setsid setarch nohup nice ionice chrt taskset prlimit timeout stdbuf unbuffer script',
  'screen tmux watch time strace ltrace gdb gdbserver lldb valgrind perf start systemd systemctl at batch crontab',
  'ld exec command ssh scp sftp rsh rsync socat nc ncat netcat docker podman nerdctl runc crun ctr kubectl lxc',
  'vagrant ansible tar gtar bsdtar cpio run',
  // What has a way out to a shell: editors, pagers, debuggers, clients of databases.
  'vi vim nvim rvim view vimdiff ex ed red emacs emacsclient nano pico less more most man info sqlite psql mysql',
  'mariadb ftp mail mutt dc cscope ctags gpg openssl',
  // What runs what the folder that it stands in says: hooks, aliases, filters, pagers, external diffs.
  'git hg jj',
];

const INTERPRETERS: ReadonlySet<string> = new Set(NAMES.flatMap((names) => names.split(' ')));

/**
 * Whether a file goes by the name of one of these, also with a version or a variant behind it: `python3.12`, `vim.basic`, `ld-linux.so.2`.
 * Another tool that shares the beginning of its name, such as `git-lfs`, counts as well.
 */
export function isInterpreter(command: string): boolean {
  const name = (command.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|com|bat|cmd|ps1)$/, '');
  const [stem = ''] = name.split(/[-_.+~@]/, 1);
  return [name, stem].some((text) => INTERPRETERS.has(text) || INTERPRETERS.has(text.replace(/\d+$/, '')));
}
