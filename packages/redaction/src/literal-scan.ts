/** A text that is looked for, and what is told of it. */
export interface Literal {
  readonly text: string;
  readonly id: number;
}

/**
 * Told where a literal may begin, in any case; whoever is told looks again. Places of one literal come in their order; those of others may
 * come between them.
 */
export type OnLiteral = (id: number, start: number) => void;

interface Entry {
  readonly id: number;
  /** From the end of its characters in the gate back to its beginning. */
  readonly back: number;
}

/** Three characters of five bits. */
const GRAM = 3;
const CLASS_BITS = 5;
const GRAMS = 2 ** (GRAM * CLASS_BITS);
const CLASSES = classes();
/** Letters by how often they come in texts, the most frequent first. */
const FREQUENT = 'etaoinshrdlcumwfgypbvkjxqz';
const FREQUENCY_OF_OTHERS = 15;

/**
 * Looks for many literals in one pass whose time does not depend on how many they are: three characters at a time are looked up in a table
 * of those that some literal has. Takes literals of three characters or more.
 */
export class LiteralScan {
  readonly #gate = new Uint8Array(GRAMS);
  readonly #entries = new Map<number, Entry[]>();

  constructor(literals: readonly Literal[]) {
    for (const { text, id } of literals) {
      const offset = rarestGram(text);
      const gram = gramAt(text, offset);
      const entry = { id, back: offset + GRAM - 1 };
      const entries = this.#entries.get(gram);
      if (entries === undefined) this.#entries.set(gram, [entry]);
      else entries.push(entry);
      this.#gate[gram] = 1;
    }
  }

  run(text: string, onLiteral: OnLiteral): void {
    const gate = this.#gate;
    let gram = 0;
    for (let at = 0; at < text.length; at++) {
      gram = ((gram << CLASS_BITS) | (CLASSES[text.charCodeAt(at) & 127] ?? 0)) & (GRAMS - 1);
      if (gate[gram] !== 1) continue;
      for (const { id, back } of this.#entries.get(gram) ?? []) if (at >= back) onLiteral(id, at - back);
    }
  }
}

/** Where the three characters begin that stand least often in other texts. */
function rarestGram(text: string): number {
  let best = 0;
  let rarest = -1;
  for (let offset = 0; offset + GRAM <= text.length; offset++) {
    const rarity = Array.from(text.slice(offset, offset + GRAM), rarityOf).reduce((sum, one) => sum + one, 0);
    if (rarity >= rarest) [best, rarest] = [offset, rarity];
  }
  return best;
}

function rarityOf(character: string): number {
  const place = FREQUENT.indexOf(character.toLowerCase());
  return place === -1 ? FREQUENCY_OF_OTHERS : place;
}

function gramAt(text: string, offset: number): number {
  let gram = 0;
  for (let at = offset; at < offset + GRAM; at++) {
    gram = (gram << CLASS_BITS) | (CLASSES[text.charCodeAt(at) & 127] ?? 0);
  }
  return gram;
}

/** By the low seven bits of a character: letters without case, digits as one, a few signs, and all others as one. */
function classes(): Uint8Array {
  const made = new Uint8Array(128);
  for (let letter = 1; letter <= 26; letter++) made[64 + letter] = made[96 + letter] = letter;
  for (const digit of '0123456789') made[digit.charCodeAt(0)] = 27;
  for (const [index, sign] of [...'_-/:'].entries()) made[sign.charCodeAt(0)] = 28 + index;
  return made;
}
