import { createSilentPresenter, createTerminalPresenter } from '@kb-labs/plugin-runtime';
import type { Presenter, TerminalPresenterOptions } from '@kb-labs/plugin-runtime';

/** Shows what goes on while plugins run. Disposing takes the line of progress away. */
export interface DemoPresenter extends Disposable {
  /** For the demo's own progress. */
  readonly own: Presenter;
  /** What a plugin gets: its words stand behind the label of the run, and every question has this answer. */
  forRun(label: string, answer: boolean): Presenter;
}

/** Where to show, and whether plugins may say anything: a report in JSON is read by nobody while it is made. */
export interface DemoPresenterOptions {
  readonly stream: TerminalPresenterOptions['stdout'];
  readonly silent: boolean;
}

/** A terminal, or lines where it is none. Nobody is asked anything: a demo answers for the person. */
export function createDemoPresenter({ stream, silent }: DemoPresenterOptions): DemoPresenter {
  const colour = stream.isTTY === true && !process.env['NO_COLOR'];
  const terminal = createTerminalPresenter({ stdout: stream, colour });
  const shown: Presenter = silent ? createSilentPresenter() : terminal;
  return {
    own: terminal,
    forRun: (label, answer) => ({
      message: (text, level) => shown.message(`${label}: ${text}`, level),
      // How far all runs are stands in one line, which is the demo's own.
      progress: () => undefined,
      json: (value) => shown.json({ [label]: value }),
      error: (error) => shown.error({ ...error, message: `${label}: ${error.message}` }),
      confirm: (question) => {
        shown.message(`${label} asks: ${question} The demo says ${answer ? 'yes' : 'no'}.`, 'info');
        return Promise.resolve(answer);
      },
    }),
    [Symbol.dispose]: () => terminal[Symbol.dispose](),
  };
}
