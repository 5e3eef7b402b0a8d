import { Visitor } from 'oxc-parser';
import type { ParseResult } from 'oxc-parser';

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Where `using` stands in a loop that goes on after an error. esbuild up to 0.28 lowers it with a `var` that keeps the error of an earlier round, and
 * throws that at the end of a round that went well: such a body is to be a function of its own.
 */
export function findUsingCaughtInLoops(program: ParseResult['program']): readonly number[] {
  const [functions, loops, tries, usings]: [Range[], Range[], Range[], Range[]] = [[], [], [], []];
  const asFunction = (node: Range): void => void functions.push(node);
  const asLoop = (node: Range): void => void loops.push(node);
  new Visitor({
    FunctionDeclaration: asFunction,
    FunctionExpression: asFunction,
    ArrowFunctionExpression: asFunction,
    ForStatement: asLoop,
    ForInStatement: asLoop,
    ForOfStatement: asLoop,
    WhileStatement: asLoop,
    DoWhileStatement: asLoop,
    TryStatement: ({ block, handler }) => void (handler !== null && tries.push(block)),
    VariableDeclaration: (node) => void (node.kind.endsWith('using') && usings.push(node)),
  }).visit(program);
  const isCaught = (place: Range): boolean => {
    const own = functions.filter((each) => holds(each, place)).toSorted((a, b) => b.start - a.start)[0];
    const within = (outer: Range | undefined, inner: Range): boolean => outer === undefined || holds(outer, inner);
    return loops.some(
      (loop) =>
        within(own, loop) && holds(loop, place) && tries.some((each) => holds(loop, each) && holds(each, place)),
    );
  };
  return usings.filter(isCaught).map(({ start }) => start);
}

function holds(outer: Range, inner: Range): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
