const { getPrototypeOf } = Object;

/**
 * Makes a check that takes a few dozen nanoseconds: whether what most code calls is what it was when the check was made, the prototypes of lists and
 * functions as well, and whether objects, lists and functions have no name that a loop over them would find. It sees no more than that; for all of it
 * there is the look of `watchBuiltIns`.
 */
export function createGlance(): () => boolean {
  const [names, prototypes, objects, lists] = [
    glanceAtNames(),
    glanceAtPrototypes(),
    glanceAtObjects(),
    glanceAtLists(),
  ];
  const [functions, promises, maps, sets] = [glanceAtFunctions(), glanceAtPromises(), glanceAtMaps(), glanceAtSets()];
  const [weakMaps, text, patterns, json] = [glanceAtWeakMaps(), glanceAtText(), glanceAtPatterns(), glanceAtJson()];
  // One by one and not in a loop: V8 then puts them into one.
  return () =>
    names() &&
    prototypes() &&
    objects() &&
    lists() &&
    functions() &&
    promises() &&
    maps() &&
    sets() &&
    weakMaps() &&
    text() &&
    patterns() &&
    json();
}

// Each member is read by its name in the code: V8 then knows what it was, and looks nothing up.

function glanceAtNames(): () => boolean {
  const [object, list, work] = [{}, [], (): void => undefined];
  return () =>
    !hasName(object) &&
    !hasName(list) &&
    !hasName(work) &&
    // No loop finds these where they are hidden, and they change what much code does.
    !('toJSON' in object || 'then' in object || 'get' in object || 'set' in object || 'value' in object || 0 in list);
}

function hasName(thing: object): boolean {
  for (const _name in thing) return true;
  return false;
}

function glanceAtPrototypes(): () => boolean {
  const [ofLists, ofFunctions, ofPromises] = [
    getPrototypeOf(Array.prototype) as unknown,
    getPrototypeOf(Function.prototype) as unknown,
    getPrototypeOf(Promise.prototype) as unknown,
  ];
  return () =>
    getPrototypeOf(Array.prototype) === ofLists &&
    getPrototypeOf(Function.prototype) === ofFunctions &&
    getPrototypeOf(Promise.prototype) === ofPromises;
}

function glanceAtObjects(): () => boolean {
  const made = {
    assign: Object.assign,
    create: Object.create,
    defineProperty: Object.defineProperty,
    entries: Object.entries,
    freeze: Object.freeze,
    fromEntries: Object.fromEntries,
    getOwnPropertyDescriptor: Object.getOwnPropertyDescriptor,
    getPrototypeOf: Object.getPrototypeOf,
    hasOwn: Object.hasOwn,
    is: Object.is,
    keys: Object.keys,
    values: Object.values,
  };
  const shared = {
    hasOwnProperty: Object.prototype.hasOwnProperty,
    isPrototypeOf: Object.prototype.isPrototypeOf,
    propertyIsEnumerable: Object.prototype.propertyIsEnumerable,
    toString: Object.prototype.toString,
    valueOf: Object.prototype.valueOf,
  };
  return () =>
    Object.assign === made.assign &&
    Object.create === made.create &&
    Object.defineProperty === made.defineProperty &&
    Object.entries === made.entries &&
    Object.freeze === made.freeze &&
    Object.fromEntries === made.fromEntries &&
    Object.getOwnPropertyDescriptor === made.getOwnPropertyDescriptor &&
    Object.getPrototypeOf === made.getPrototypeOf &&
    Object.hasOwn === made.hasOwn &&
    Object.is === made.is &&
    Object.keys === made.keys &&
    Object.values === made.values &&
    Object.prototype.hasOwnProperty === shared.hasOwnProperty &&
    Object.prototype.isPrototypeOf === shared.isPrototypeOf &&
    Object.prototype.propertyIsEnumerable === shared.propertyIsEnumerable &&
    Object.prototype.toString === shared.toString &&
    Object.prototype.valueOf === shared.valueOf;
}

function glanceAtLists(): () => boolean {
  const made = { from: Array.from, isArray: Array.isArray, of: Array.of };
  const shared = {
    concat: Array.prototype.concat,
    every: Array.prototype.every,
    filter: Array.prototype.filter,
    find: Array.prototype.find,
    flatMap: Array.prototype.flatMap,
    forEach: Array.prototype.forEach,
    includes: Array.prototype.includes,
    indexOf: Array.prototype.indexOf,
    join: Array.prototype.join,
    map: Array.prototype.map,
    pop: Array.prototype.pop,
    push: Array.prototype.push,
    reduce: Array.prototype.reduce,
    shift: Array.prototype.shift,
    slice: Array.prototype.slice,
    some: Array.prototype.some,
    sort: Array.prototype.sort,
    splice: Array.prototype.splice,
  };
  return () =>
    Array.from === made.from &&
    Array.isArray === made.isArray &&
    Array.of === made.of &&
    Array.prototype.concat === shared.concat &&
    Array.prototype.every === shared.every &&
    Array.prototype.filter === shared.filter &&
    Array.prototype.find === shared.find &&
    Array.prototype.flatMap === shared.flatMap &&
    Array.prototype.forEach === shared.forEach &&
    Array.prototype.includes === shared.includes &&
    Array.prototype.indexOf === shared.indexOf &&
    Array.prototype.join === shared.join &&
    Array.prototype.map === shared.map &&
    Array.prototype.pop === shared.pop &&
    Array.prototype.push === shared.push &&
    Array.prototype.reduce === shared.reduce &&
    Array.prototype.shift === shared.shift &&
    Array.prototype.slice === shared.slice &&
    Array.prototype.some === shared.some &&
    Array.prototype.sort === shared.sort &&
    Array.prototype.splice === shared.splice;
}

function glanceAtFunctions(): () => boolean {
  const shared = { apply: Function.prototype.apply, bind: Function.prototype.bind, call: Function.prototype.call };
  return () =>
    Function.prototype.apply === shared.apply &&
    Function.prototype.bind === shared.bind &&
    Function.prototype.call === shared.call;
}

function glanceAtPromises(): () => boolean {
  const made = {
    all: Promise.all,
    allSettled: Promise.allSettled,
    any: Promise.any,
    race: Promise.race,
    reject: Promise.reject,
    resolve: Promise.resolve,
  };
  const shared = { caught: Promise.prototype.catch, ended: Promise.prototype.finally, kept: Promise.prototype.then };
  return () =>
    Promise.all === made.all &&
    Promise.allSettled === made.allSettled &&
    Promise.any === made.any &&
    Promise.race === made.race &&
    Promise.reject === made.reject &&
    Promise.resolve === made.resolve &&
    Promise.prototype.catch === shared.caught &&
    Promise.prototype.finally === shared.ended &&
    Promise.prototype.then === shared.kept;
}

function glanceAtMaps(): () => boolean {
  const shared = {
    delete: Map.prototype.delete,
    entries: Map.prototype.entries,
    forEach: Map.prototype.forEach,
    get: Map.prototype.get,
    has: Map.prototype.has,
    keys: Map.prototype.keys,
    set: Map.prototype.set,
    values: Map.prototype.values,
  };
  return () =>
    Map.prototype.delete === shared.delete &&
    Map.prototype.entries === shared.entries &&
    Map.prototype.forEach === shared.forEach &&
    Map.prototype.get === shared.get &&
    Map.prototype.has === shared.has &&
    Map.prototype.keys === shared.keys &&
    Map.prototype.set === shared.set &&
    Map.prototype.values === shared.values;
}

function glanceAtSets(): () => boolean {
  const shared = {
    add: Set.prototype.add,
    delete: Set.prototype.delete,
    forEach: Set.prototype.forEach,
    has: Set.prototype.has,
    values: Set.prototype.values,
  };
  return () =>
    Set.prototype.add === shared.add &&
    Set.prototype.delete === shared.delete &&
    Set.prototype.forEach === shared.forEach &&
    Set.prototype.has === shared.has &&
    Set.prototype.values === shared.values;
}

function glanceAtWeakMaps(): () => boolean {
  const shared = {
    delete: WeakMap.prototype.delete,
    get: WeakMap.prototype.get,
    has: WeakMap.prototype.has,
    set: WeakMap.prototype.set,
  };
  return () =>
    WeakMap.prototype.delete === shared.delete &&
    WeakMap.prototype.get === shared.get &&
    WeakMap.prototype.has === shared.has &&
    WeakMap.prototype.set === shared.set;
}

function glanceAtText(): () => boolean {
  const shared = {
    charCodeAt: String.prototype.charCodeAt,
    endsWith: String.prototype.endsWith,
    includes: String.prototype.includes,
    indexOf: String.prototype.indexOf,
    replace: String.prototype.replace,
    replaceAll: String.prototype.replaceAll,
    slice: String.prototype.slice,
    split: String.prototype.split,
    startsWith: String.prototype.startsWith,
    trim: String.prototype.trim,
  };
  return () =>
    String.prototype.charCodeAt === shared.charCodeAt &&
    String.prototype.endsWith === shared.endsWith &&
    String.prototype.includes === shared.includes &&
    String.prototype.indexOf === shared.indexOf &&
    String.prototype.replace === shared.replace &&
    String.prototype.replaceAll === shared.replaceAll &&
    String.prototype.slice === shared.slice &&
    String.prototype.split === shared.split &&
    String.prototype.startsWith === shared.startsWith &&
    String.prototype.trim === shared.trim;
}

function glanceAtPatterns(): () => boolean {
  const shared = { exec: RegExp.prototype.exec, test: RegExp.prototype.test, toString: RegExp.prototype.toString };
  return () =>
    RegExp.prototype.exec === shared.exec &&
    RegExp.prototype.test === shared.test &&
    RegExp.prototype.toString === shared.toString;
}

function glanceAtJson(): () => boolean {
  const made = { parse: JSON.parse, stringify: JSON.stringify, apply: Reflect.apply, get: Reflect.get, now: Date.now };
  return () =>
    JSON.parse === made.parse &&
    JSON.stringify === made.stringify &&
    Reflect.apply === made.apply &&
    Reflect.get === made.get &&
    Date.now === made.now;
}
