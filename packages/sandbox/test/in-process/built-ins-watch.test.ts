import { afterEach, describe, expect, it } from 'vitest';
import { watchBuiltIns } from '../../src/in-process/built-ins-watch.js';

const { values } = Array.prototype;

function walk(this: unknown[]): unknown {
  return Reflect.apply(values, this, []);
}

const undo: (() => void)[] = [];

function put(object: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(object, key);
  Object.defineProperty(object, key, { configurable: true, ...descriptor });
  // Not by push, which may be what has just been replaced.
  undo[undo.length] = () => {
    if (before === undefined) Reflect.deleteProperty(object, key);
    else Object.defineProperty(object, key, before);
  };
}

describe('a watch over built-in objects', () => {
  afterEach(() => {
    while (undo.length > 0) undo.pop()?.();
  });

  it('finds nothing where nothing changed', () => {
    const watch = watchBuiltIns();
    expect([watch.look(), watch.look()]).toEqual(['', '']);
  });

  it.each<[string, () => void]>([
    ['Object.prototype.added', () => put(Object.prototype, 'added', { value: 1 })],
    ['Object.prototype.__proto__', () => put(Object.prototype, '__proto__', { get: () => undefined })],
    ['Set.prototype.has', () => put(Set.prototype, 'has', { value: () => true })],
    ['Map.prototype.size', () => put(Map.prototype, 'size', { get: () => 0 })],
    ['Array.prototype[Symbol.iterator]', () => put(Array.prototype, Symbol.iterator, { value: walk })],
    ['JSON.stringify', () => put(JSON, 'stringify', { value: String })],
    ['Array.isArray', () => put(Array, 'isArray', { value: () => true })],
    ['String.prototype.?bad?', () => put(String.prototype, '\u001bbad\n', { value: 1 })],
  ])('finds %s, once', (name, change) => {
    const watch = watchBuiltIns();
    change();
    expect([watch.look(), watch.look()]).toEqual([name, '']);
  });

  it('finds what was taken away, and what was put back', () => {
    const watch = watchBuiltIns();
    put(Number.prototype, 'toFixed', {});
    Reflect.deleteProperty(Number.prototype, 'toFixed');
    expect(watch.look()).toBe('Number.prototype.toFixed');
    undo.pop()?.();
    expect(watch.look()).toBe('Number.prototype.toFixed');
  });

  it('names so many, and counts the rest', () => {
    const watch = watchBuiltIns();
    for (let index = 0; index < 1_000; index += 1) put(Object.prototype, `name${index}`, { value: index });
    const found = watch.look();
    expect(found).toMatch(/^Object\.prototype\.name0, .*name15 and 984 more$/u);
  });

  it('finds changes made of what it could be made of itself', () => {
    const watch = watchBuiltIns();
    const broken = { value: () => undefined };
    for (const [object, key] of [
      [Array.prototype, 'push'],
      [Map.prototype, 'get'],
      [Set.prototype, 'add'],
    ] as const) {
      put(object, key, broken);
    }
    const found = watch.look();
    while (undo.length > 0) undo.pop()?.();
    expect(found).toBe('Array.prototype.push, Map.prototype.get, Set.prototype.add');
  });
});
