/** CPU time of this process in its longest turn of the event loop while something goes on: what others would have had to wait, on any machine. */
export async function longestTurnOf(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = process.cpuUsage();
  const timer = setInterval(() => {
    const used = process.cpuUsage(last);
    last = process.cpuUsage();
    longest = Math.max(longest, (used.user + used.system) / 1_000);
  }, 1);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return longest;
}
