const nothing = () => undefined;
const lie = () => 'patched';
const define = Object.defineProperty;
const replace = (target, name, value) => define(target, name, { value, configurable: true, writable: true });
const tap = (name, get) => define(Object.prototype, name, { get, set: nothing, configurable: true });
const replaceAll = (target, names, value) => {
  for (const name of names) replace(target, name, value);
};

/** What a handler may replace. Each breaks something that the guest's own side uses, or might. */
const PATCHES = {
  'what is captured or not needed': () => {
    replaceAll(globalThis, ['setTimeout', 'queueMicrotask'], nothing);
    replaceAll(Map.prototype, ['get', 'set'], nothing);
    replaceAll(Number, ['isFinite', 'isInteger'], nothing);
    for (const name of ['t', 'ok', 'id', '$', 'json', 'binary', 'error', 'phase']) tap(name, lie);
    tap(Symbol.toPrimitive, () => lie);
    replace(process, 'reallyExit', nothing);
    replace(JSON, 'parse', lie);
    replace(Reflect, 'apply', lie);
    replace(Reflect, 'get', lie);
    replace(Object, 'keys', () => ['patched']);
  },
  'JSON.stringify': () => replace(JSON, 'stringify', () => '{"t":"result","run":1,"ok":true,"value":"patched"}'),
  'Array.prototype.push': () => replace(Array.prototype, 'push', nothing),
  'the iteration of arrays': () => replace(Array.prototype, Symbol.iterator, function* none() {}),
  'Promise.prototype.then': () => replace(Promise.prototype, 'then', () => new Promise(nothing)),
  'net.Socket.prototype.write': () => {
    const Socket = Object.getPrototypeOf(process.getBuiltinModule('node:tty').ReadStream);
    replace(Socket.prototype, 'write', () => true);
  },
  'the handle of the channel': () => {
    const handle = Object.getPrototypeOf(Object.getPrototypeOf(process.stdin._handle));
    replaceAll(handle, ['writeBuffer', 'writev', 'readStart', 'writeUtf8String'], () => 0);
  },
  'Uint8Array.prototype.set': () => replace(Object.getPrototypeOf(Uint8Array.prototype), 'set', nothing),
  'TextEncoder.prototype.encode': () => replace(TextEncoder.prototype, 'encode', () => new Uint8Array(5)),
  'TextEncoder.prototype.encodeInto': () =>
    replace(TextEncoder.prototype, 'encodeInto', ({ length }) => ({ read: length, written: length })),
  'what views are made of': () => {
    for (const name of ['buffer', 'byteOffset', 'byteLength', 'length'])
      define(Object.getPrototypeOf(Uint8Array.prototype), name, { get: () => 8, configurable: true });
  },
  'a getter of then': () => tap('then', () => (resolve) => resolve('patched')),
  'the words of descriptors': () => {
    for (const name of ['get', 'set', 'value', 'writable', 'enumerable', 'configurable']) tap(name, lie);
  },
  'numbers as properties': () => tap('0', lie),
};

export const names = () => Object.keys(PATCHES);

/** Replaces it, and returns what it had made before. */
export async function patched({ name }) {
  const value = honest();
  PATCHES[name]();
  return value;
}

export const honest = () => ({ text: 'honest', list: [1, 2, { three: 3 }], bytes: new Uint8Array([1, 2, 3]) });
