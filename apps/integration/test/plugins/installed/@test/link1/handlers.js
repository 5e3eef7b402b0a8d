export async function next({ left }, ctx) {
  if (left === 0) return 'the end';
  return ctx.invoke({ target: `@test/link${left}:next`, input: { left: left - 1 } });
}
