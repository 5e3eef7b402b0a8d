// What one run can leave in a process for the next one.

let cache;

/** Leaves marks, and a way to do later what this run may do now. */
export function leaves({ mark }, ctx) {
  cache = mark;
  globalThis.left = mark;
  Reflect.set(Object.prototype, 'left', mark);
  globalThis.borrowed = ctx.fs;
  const { push } = Array.prototype;
  const pushes = function (...items) {
    return Reflect.apply(push, this, items);
  };
  pushes.mark = mark;
  Reflect.set(Array.prototype, 'push', pushes);
  return found();
}

export const finds = () => found();

/** Uses what an earlier run was lent. */
export async function borrows() {
  try {
    return await globalThis.borrowed.readFile('data/hello.txt');
  } catch (error) {
    return error.code ?? error.name;
  }
}

/** Ends well, and then goes on in the name of a run that is over. */
export function lingers(_, ctx) {
  const late = () => ctx.log.info('late');
  setTimeout(late, 5).unref();
  setTimeout(() => globalThis.borrowed?.readFile('data/hello.txt').catch(() => undefined), 5).unref();
  return 'well';
}

/** Says another run's number. */
export async function waits({ ms }) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return found();
}

function found() {
  return [cache, globalThis.left, {}.left, [].push.mark].map((mark) => mark ?? null);
}
