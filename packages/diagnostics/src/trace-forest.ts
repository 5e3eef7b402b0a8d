import type { OpenSpan, TraceSpan } from './trace.js';

/** Executions that hang from none of the others, and all spans, parents of one execution before its children. Frozen. */
export interface TraceForest {
  readonly roots: readonly TraceSpan[];
  readonly spans: readonly TraceSpan[];
}

/** Hangs each execution below the span that it names as its parent, where that one is among them and no circle comes of it. */
export function hangExecutions(executions: readonly OpenSpan[]): TraceForest {
  const byId = new Map<string, OpenSpan>();
  const parents = new Map<OpenSpan, OpenSpan>();
  const spans: OpenSpan[] = [...executions];
  // Grows while it is walked.
  for (const span of spans) {
    if (!byId.has(span.spanId)) byId.set(span.spanId, span);
    for (const child of span.children) parents.set(child, span);
    spans.push(...span.children);
  }
  const roots = executions.filter((execution) => {
    const parent = execution.parentSpanId === undefined ? undefined : byId.get(execution.parentSpanId);
    if (parent === undefined || isBelow(parent, execution, parents)) return true;
    parents.set(execution, parent);
    parent.children.push(execution);
    return false;
  });
  for (const span of spans) {
    Object.freeze(span.attributes);
    Object.freeze(span.children.sort((a, b) => a.startTime - b.startTime));
    Object.freeze(span);
  }
  return { roots: Object.freeze(roots), spans };
}

function isBelow(span: OpenSpan, execution: OpenSpan, parents: ReadonlyMap<OpenSpan, OpenSpan>): boolean {
  for (let at: OpenSpan | undefined = span; at !== undefined; at = parents.get(at)) if (at === execution) return true;
  return false;
}
