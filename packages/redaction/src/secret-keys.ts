/** Keys whose values are secrets, in any spelling of case, `-`, `_` and `.`. */
const EXACT: readonly string[] = [
  'auth',
  'pass',
  'pin',
  'otp',
  'cvc',
  'cvv',
  'ssn',
  'sid',
  'sig',
  'jwt',
  'dsn',
  'bearer',
];
const INSIDE =
  /passw(?:or)?d|passphrase|secret|apikey|accesskey|accountkey|privatekey|encryptionkey|signingkey|credential|authorization|cookie|sessionid|signature|connectionstring|bearertoken/;
/** At the end alone: `accessToken` is one, `tokensUsed` is a count. */
const ENDING = /(?:token|pwd)$/;

/** What is remembered of keys that were seen. */
const MEMORY = 1024;

/** Makes the question: is the value under this key a secret, whatever it looks like? */
export function compileSecretKeys(keys: readonly string[]): (key: string) => boolean {
  const exact = new Set([...EXACT, ...keys.map(fold)]);
  const known = new Map<string, boolean>();
  return (key) => {
    const answer = known.get(key);
    if (answer !== undefined) return answer;
    const folded = fold(key);
    const secret = exact.has(folded) || INSIDE.test(folded) || ENDING.test(folded);
    if (known.size >= MEMORY) known.clear();
    known.set(key, secret);
    return secret;
  };
}

function fold(key: string): string {
  return key
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[-_.\s]/g, '');
}
