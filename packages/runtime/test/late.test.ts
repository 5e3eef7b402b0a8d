import { isPluginError } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { late, lateClass } from '../src/late.js';
import type { Class } from '../src/late.js';

class Base {
  static made = 0;
  readonly number = (Base.made += 1);
}

class Real extends Base {
  static shared = 'static';
  readonly #secret: string;
  readonly rest: number;

  constructor(secret: string, rest = 1) {
    super();
    this.#secret = secret;
    this.rest = rest;
  }

  get secret(): string {
    return this.#secret;
  }
}

describe('late', () => {
  it('loads when it is first asked, once', () => {
    let times = 0;
    const load = late(() => ({ times: (times += 1) }));
    expect(times).toBe(0);
    expect([load(), load()]).toEqual([{ times: 1 }, { times: 1 }]);
    expect(load()).toBe(load());
  });

  it('asks again after a failure, and hands on what failed', () => {
    let fails = true;
    const load = late(() => {
      if (fails) throw new RangeError('first');
      return 1;
    });
    expect(load).toThrow(RangeError);
    fails = false;
    expect(load()).toBe(1);
  });

  it('says what to change where require() may not load ES modules', () => {
    const cause = Object.assign(new Error('require() of ES Module'), { code: 'ERR_REQUIRE_ESM' });
    const load = late(() => {
      throw cause;
    });
    expect(load).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID', cause }));
    expect(load).toThrow(expect.toSatisfy(isPluginError));
  });
});

describe('lateClass', () => {
  it('loads nothing before anything is done with it', () => {
    const never = lateClass((): Class => expect.unreachable());
    expect(typeof never).toBe('function');
  });

  it('makes instances of the class, also for classes that extend it', () => {
    const StandIn = lateClass(() => Real);
    class Mine extends StandIn {
      readonly own = this.secret;
    }
    expect(new StandIn('a')).toBeInstanceOf(Real);
    expect(new StandIn('a').secret).toBe('a');
    expect(new Mine('b')).toMatchObject({ own: 'b', rest: 1 });
    expect([new Mine('b') instanceof Mine, new Mine('b') instanceof StandIn, new Mine('b') instanceof Real]).toEqual([
      true,
      true,
      true,
    ]);
    expect(new Real('a')).toBeInstanceOf(StandIn);
    expect({}).not.toBeInstanceOf(StandIn);
    expect(Reflect.construct(StandIn, ['a'], Mine)).toBeInstanceOf(Mine);
  });

  it.each<[string, (it: typeof Real) => unknown]>([
    ['name', (it) => it.name],
    ['length', (it) => it.length],
    ['static members', (it) => [it.shared, it.made]],
    ['prototype', (it) => it.prototype],
    ['class above', (it) => Object.getPrototypeOf(it)],
    ['keys', (it) => Reflect.ownKeys(it)],
    ['descriptors', (it) => Object.getOwnPropertyDescriptors(it)],
    ['members asked for', (it) => ['shared' in it, 'made' in it, 'else' in it]],
  ])('shows the %s of the class at the first look', (_, look) => {
    expect(look(lateClass(() => Real))).toEqual(look(Real));
  });

  it('is no function to be called', () => {
    const StandIn = lateClass(() => Real);
    expect(() => Reflect.apply(StandIn, undefined, [])).toThrow("without 'new'");
  });

  it('can be frozen', () => {
    const StandIn = Object.freeze(lateClass(() => Real));
    expect(Object.isFrozen(StandIn)).toBe(true);
    expect(new StandIn('a')).toBeInstanceOf(StandIn);
  });
});
