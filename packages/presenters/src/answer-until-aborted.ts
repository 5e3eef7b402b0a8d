/** What an answer comes to: false as soon as the signal goes, and for an answer that fails. */
export function answerUntilAborted(answer: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const give = (value: boolean): void => {
      signal.removeEventListener('abort', refuse);
      resolve(value);
    };
    const refuse = (): void => give(false);
    signal.addEventListener('abort', refuse);
    if (signal.aborted) refuse();
    void answer.then(give, refuse);
  });
}
