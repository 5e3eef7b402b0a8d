import Module, { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// Kept, so that what is replaced is in nobody's way but the sandbox's.
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, entries, keys } = Object;
const { apply, deleteProperty, set: setOf } = Reflect;

const WISHES = {
  directory: '/tmp',
  filename: 'report.json',
  signal: 'SIGUSR1',
  reportOnFatalError: true,
  reportOnSignal: true,
  reportOnUncaughtException: true,
};

const routes = {
  'the global': () => process.report,
  'an import by name': async () => (await import('node:process')).report,
  'the default import': async () => (await import('node:process')).default.report,
  'exports that are synced': async () => {
    Module.syncBuiltinESMExports();
    return (await import('node:process')).report;
  },
  require: () => require('node:process').report,
  getBuiltinModule: () => process.getBuiltinModule('node:process').report,
  'its getter': () => apply(getOwnPropertyDescriptor(process, 'report').get, process, []),
  'its getter, of nothing': () => apply(getOwnPropertyDescriptor(process, 'report').get, undefined, []),
  'an heir of the process': () => ({ __proto__: process }).report,
};

/** Each disturbs what guards the report, and gives what undoes it. `told` gets what it learns of descriptions of properties. */
const disturbances = {
  nothing: () => () => undefined,
  ...Object.fromEntries(
    ['value', 'writable', 'configurable', 'get', 'set'].map((name) => [
      `Object.prototype.${name}`,
      () => inherit({ [name]: { value: name.length === 3 ? () => undefined : true, writable: true } }),
    ]),
  ),
  'all five': () =>
    inherit(
      Object.fromEntries(
        ['value', 'writable', 'configurable', 'get', 'set'].map((name) => [
          name,
          { value: () => undefined, writable: true },
        ]),
      ),
    ),
  'getters that take a description apart': (told) =>
    inherit({
      writable: { get: () => true },
      value: {
        get() {
          if (told.descriptions.push(this) > 1_000) return undefined;
          for (const name of ['get', 'set', 'configurable']) deleteProperty(this, name);
          return 'taken apart';
        },
      },
    }),
  'a getter that asks for the report meanwhile': (told) => {
    const undo = inherit({
      value: {
        get() {
          undo();
          told.reports.push(process.report);
          return undefined;
        },
      },
    });
    return undo;
  },
  'a getter that throws once': () => {
    const undo = inherit({
      value: {
        get() {
          undo();
          throw new Error('not now');
        },
      },
    });
    return undo;
  },
  'methods of Object': () =>
    replace(Object, ['defineProperty', 'defineProperties', 'getOwnPropertyDescriptor', 'freeze', 'assign']),
  'methods of Reflect': () => replace(Reflect, ['apply', 'get', 'set', 'defineProperty', 'getOwnPropertyDescriptor']),
  'methods of functions and lists': () => {
    const undone = [
      replace(Function.prototype, ['call', 'apply', 'bind']),
      replace(Array.prototype, ['flat', Symbol.iterator]),
    ];
    return () => undone[0](undone[1]());
  },
};

/** Disturbs, asks for the report for the first time by one route, then by all, and tries every way to change a setting of what it got. */
export const changesLate = async ({ disturbance, route }) => {
  const told = { reports: [], descriptions: [] };
  const undo = disturbances[disturbance](told);
  let first;
  try {
    first = routes[route]();
  } catch {
    // Refused, or more than the loader of Node itself bears. It is asked for again below.
  }
  undo();
  told.reports.push(...(await Promise.allSettled([first])).flatMap(({ value }) => value ?? []));
  const failures = [];
  for (const [name, reach] of entries(routes)) {
    try {
      told.reports.push(await reach());
    } catch (error) {
      failures.push(`${name}: ${error}`);
    }
  }
  const changed = told.reports.flatMap((report) => keys(WISHES).flatMap((name) => changesOf(report, name)));
  const setters = told.descriptions.filter(({ set }) => typeof set === 'function').length;
  return { changed, failures, setters, count: new Set(told.reports).size };
};

/** The ways by which a setting took a wish. */
function changesOf(report, name) {
  const wish = WISHES[name];
  const ways = {
    'is set': () => (report[name] = wish),
    'is set by Reflect': () => setOf(report, name, wish),
    'is set for an heir': () => setOf(report, name, wish, { __proto__: report }),
    'is defined': () => defineProperty(report, name, { __proto__: null, value: wish }),
    'is made a field': () =>
      defineProperty(report, name, { __proto__: null, value: wish, writable: true, configurable: true }),
    'is removed': () => delete report[name] || undefined,
    ...Object.fromEntries(
      settersOf(report, name).map((set, at) => [`has setter ${at}`, () => apply(set, report, [wish])]),
    ),
  };
  return entries(ways).flatMap(([way, attempt]) => {
    try {
      // `false` is a refusal of `Reflect`.
      if (attempt() === false) return [];
    } catch {
      return [];
    }
    return [`${name} ${way}`];
  });
}

function settersOf(report, name) {
  const setters = [];
  for (let owner = report; owner !== null; owner = getPrototypeOf(owner)) {
    const { set } = getOwnPropertyDescriptor(owner, name) ?? {};
    if (set !== undefined) setters.push(set);
  }
  return setters;
}

/** Gives all objects these properties, until they are taken away again. */
function inherit(properties) {
  for (const [name, description] of entries(properties))
    defineProperty(Object.prototype, name, { __proto__: null, ...description, configurable: true });
  return () => {
    for (const name of keys(properties)) deleteProperty(Object.prototype, name);
  };
}

/** Replaces methods by one that does nothing. Iterators may be among them. */
function replace(owner, names) {
  const before = names.map((name) => ({ name, method: owner[name] }));
  for (let at = 0; at < before.length; at += 1) owner[before[at].name] = () => undefined;
  return () => {
    for (let at = 0; at < before.length; at += 1) owner[before[at].name] = before[at].method;
  };
}

export const cases = () => {
  const ways = keys(routes);
  const disturbed = keys(disturbances).flatMap((disturbance, at) => [
    { disturbance, route: 'the global' },
    { disturbance, route: ways[1 + (at % (ways.length - 1))] },
  ]);
  return [...disturbed, ...ways.map((route) => ({ disturbance: 'nothing', route }))];
};
