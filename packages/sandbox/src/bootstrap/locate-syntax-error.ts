import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Lines of a minified module are cut: what counts is where it is. */
const MAX_LINE = 240;

/**
 * Puts file and line in front of the stack of a `SyntaxError`, as Node does where it prints one: for ES modules it keeps them from whoever catches
 * it. The parser of Node's type stripping finds the place; what that one takes stays as it is.
 */
export function locateSyntaxError(error: unknown, url: string): void {
  if (!(error instanceof SyntaxError) || error.stack?.startsWith('SyntaxError') !== true) return;
  const place = findPlace(url);
  if (place !== undefined) error.stack = `${place}\n\n${error.stack}`;
}

function findPlace(url: string): string | undefined {
  try {
    const path = fileURLToPath(url);
    const found = parseErrorOf(readFileSync(path, 'utf8'));
    return found === undefined ? undefined : `${path}:${found}`;
  } catch {
    // No file, or none that can be read: the error goes without a place.
    return undefined;
  }
}

/** The number of the line, and the lines that the parser shows, each cut to a length. */
function parseErrorOf(source: string): string | undefined {
  try {
    stripTypeScriptTypes(source, { sourceUrl: 'module' });
    return undefined;
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined;
    const [, shown] = /^module:(\d+\n[^]*?)\n\n/.exec(stack ?? '') ?? [];
    return shown
      ?.split('\n')
      .map((line) => line.slice(0, MAX_LINE))
      .join('\n');
  }
}
