import { tidyMarkdown } from './tidy-markdown.js';

/**
 * @import { HandlerContext } from '@kb-labs/plugin-runtime'
 * @import { TidyInput } from './schemas.js'
 *
 * @typedef {{ readonly file: string, readonly text: string }} Change
 */

const SECTION = { pointer: '/tidy/markdown', value: { finalNewline: true, trailingSpaces: false } };

/** Looks for untidy Markdown, asks, and writes only after a yes. @param {TidyInput} input @param {HandlerContext} ctx */
export async function tidy({ config }, ctx) {
  const { fs, presenter } = ctx;
  if (fs === undefined || presenter === undefined) {
    throw new Error('tidy needs all the capabilities that its manifest requires');
  }
  const files = await fs.glob('**/*.md', { limit: 10_000 });
  /** @type {Change[]} */
  const changes = [];
  for (const [index, file] of files.entries()) {
    ctx.progress(file, index / files.length);
    const text = await readText(file, ctx);
    const tidied = text === undefined ? undefined : tidyMarkdown(text);
    if (tidied !== undefined && tidied !== text) changes.push({ file, text: tidied });
  }
  const untidy = changes.map(({ file }) => file);
  const isNothingToDo = untidy.length === 0 && config === undefined;
  const confirmed = !isNothingToDo && (await presenter.confirm(questionOf(untidy.length, config)));
  if (!confirmed) return { files: files.length, untidy, confirmed, written: 0, noted: false };
  for (const { file, text } of changes) await fs.writeFile(file, text);
  const noted = config !== undefined && (await ctx.config?.ensureSection(config, SECTION))?.changed === true;
  return { files: files.length, untidy, confirmed, written: changes.length, noted };
}

/** The text, to the byte; none of what is no UTF-8, or has gone since it was listed. @param {string} file @param {HandlerContext} ctx */
async function readText(file, { fs, log }) {
  try {
    const bytes = await fs?.readFile(file);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const { code = '', message = '' } = /** @type {{ code?: string, message?: string }} */ (error ?? {});
    if (code !== 'ERR_IO_FAILED' && code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    log.warn(message, { file });
    return undefined;
  }
}

/** @param {number} count @param {string | undefined} config */
function questionOf(count, config) {
  const note = config === undefined ? '' : ` and note it in ${config}`;
  return `Tidy ${count} Markdown files${note}?`;
}
