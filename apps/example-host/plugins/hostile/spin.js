/** Never gives the event loop back, so that no message to it is ever read. */
export function spin() {
  for (let turns = 0; ; turns += 1) if (turns < 0) return turns;
}
