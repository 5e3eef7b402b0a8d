/** What a list of headers can be made of. */
export type HeadersSource = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

const NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const NOT_IN_VALUE = /[\0\r\n]/;

/** The headers of https://fetch.spec.whatwg.org. The host looks at them once more. */
export class Headers {
  #pairs: (readonly [string, string])[] = [];

  constructor(source?: HeadersSource | null) {
    if (source === undefined || source === null) return;
    const isIterable = typeof Reflect.get(source, Symbol.iterator) === 'function';
    const pairs = isIterable ? (source as Iterable<readonly [string, string]>) : Object.entries(source);
    for (const pair of pairs) {
      const [name, value, ...others] = [...pair];
      if (name === undefined || value === undefined || others.length > 0)
        throw new TypeError('a header is a name and a value');
      this.append(name, value);
    }
  }

  append(name: string, value: string): void {
    this.#pairs.push(checkPair(name, value));
  }

  set(name: string, value: string): void {
    const pair = checkPair(name, value);
    const index = this.#pairs.findIndex(([known]) => known === pair[0]);
    this.delete(name);
    this.#pairs.splice(index < 0 ? this.#pairs.length : index, 0, pair);
  }

  get(name: string): string | null {
    const values = this.#valuesOf(name);
    return values.length === 0 ? null : values.join(', ');
  }

  getSetCookie(): string[] {
    return this.#valuesOf('set-cookie');
  }

  has(name: string): boolean {
    return this.#valuesOf(name).length > 0;
  }

  delete(name: string): void {
    const lower = `${name}`.toLowerCase();
    this.#pairs = this.#pairs.filter(([known]) => known !== lower);
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }

  *keys(): Generator<string> {
    for (const [name] of this) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this) yield value;
  }

  entries(): Generator<[string, string]> {
    return this[Symbol.iterator]();
  }

  /** Sorted by name, several values of one name as one; but each cookie by itself. */
  *[Symbol.iterator](): Generator<[string, string]> {
    const names = [...new Set(this.#pairs.map(([name]) => name))].toSorted();
    for (const name of names) {
      const values = this.#valuesOf(name);
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
    }
  }

  #valuesOf(name: string): string[] {
    const lower = `${name}`.toLowerCase();
    return this.#pairs.filter(([known]) => known === lower).map(([, value]) => value);
  }
}

function checkPair(name: string, value: string): readonly [string, string] {
  const known = `${name}`;
  const text = `${value}`.replaceAll(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (!NAME.test(known)) throw new TypeError(`${JSON.stringify(known)} is no name of a header`);
  if (NOT_IN_VALUE.test(text)) throw new TypeError(`the header ${known} has a line break or a null in its value`);
  return [known.toLowerCase(), text];
}
