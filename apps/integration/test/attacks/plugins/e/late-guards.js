import { tryAll } from './attempts.js';

const builtin = (name) => process.getBuiltinModule(name);

/** Asks for a module while all objects have a `get`, so that whoever defines a value with an inherited descriptor fails. */
async function loadAmiss(name) {
  const { prototype } = Object;
  Object.defineProperty(prototype, 'get', { value: undefined, configurable: true });
  try {
    return await import(`node:${name}`);
  } catch {
    return undefined;
  } finally {
    delete prototype.get;
  }
}

const use = {
  v8: () => {
    builtin('v8').setFlagsFromString('--allow-natives-syntax');
    return new Function('return %IsSmi(1)')();
  },
  os: () => builtin('os').setPriority(process.pid, 10),
  child_process: () => new (builtin('child_process').ChildProcess)()._handle.kill(0),
};

/** Asks for a module so that its guard could fail, and then for what the guard takes away. */
export async function after({ name }) {
  await loadAmiss(name);
  return await tryAll({ again: use[name] });
}
