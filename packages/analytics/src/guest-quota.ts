/** What one plugin may say. What is beyond is refused and counted; runs go on. */
export interface GuestLimits {
  /** Records of one execution. Default 100. */
  readonly maxRecords: number;
  /** Names that one plugin has used, over all its executions. Default 64. */
  readonly maxNames: number;
  /** Top-level attribute keys that one plugin has used, over all its executions. Default 128; others are left out. */
  readonly maxKeys: number;
  /** Characters of one record's attributes. Default 4 096. */
  readonly maxLength: number;
}

/** The words that one plugin has used so far. */
export interface Vocabulary {
  readonly names: Set<string>;
  readonly keys: Set<string>;
}

/** Plugins whose words are remembered. */
const MEMORY = 1024;

/** Remembers the words of each plugin, so that no plugin can grow the set of labels without end. */
export function createVocabularies(): (pluginId: string) => Vocabulary {
  const known = new Map<string, Vocabulary>();
  return (pluginId) => {
    const vocabulary = known.get(pluginId) ?? { names: new Set(), keys: new Set() };
    // The one that was used longest ago comes first.
    known.delete(pluginId);
    known.set(pluginId, vocabulary);
    if (known.size > MEMORY) known.delete(known.keys().next().value ?? '');
    return vocabulary;
  };
}

/** Whether a word is known or there was room for it. */
export function admitWord(words: Set<string>, word: string, max: number): boolean {
  if (words.has(word)) return true;
  if (words.size >= max) return false;
  words.add(word);
  return true;
}
