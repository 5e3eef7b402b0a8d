import type { Claim, TestReport } from './read-report.ts';

/** One line of the table for each of these and each Node. */
interface Variant {
  /** Its name in the conformance tests. */
  readonly name: string;
  readonly label: string;
  /** Whether it is there only where bubblewrap works. */
  readonly needsWall: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: 'in-process', label: '`in-process`', needsWall: false },
  { name: 'worker', label: '`worker`', needsWall: false },
  { name: 'quickjs', label: '`quickjs`', needsWall: false },
  { name: 'fork, without a wall', label: '`fork`, without bubblewrap', needsWall: false },
  { name: 'fork, inside the wall', label: '`fork`, behind bubblewrap', needsWall: true },
  { name: 'the wall alone', label: "bubblewrap alone, Node's own guards cut out", needsWall: true },
];

/** How the lines begin that are there only where bubblewrap works. */
export const WALLED_LINES: readonly string[] = VARIANTS.filter(({ needsWall }) => needsWall).map(
  ({ label }) => `| ${label} |`,
);

const CONFINEMENTS = ['crash', 'time', 'cpu', 'memory', 'env', 'fs', 'net', 'process'] as const;

/** A table in lines, and what is wrong with what it shows. */
export interface Section {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/** Adapter × Node × confinement: what was claimed, and how many of the attacks it held. Without the wall, lines that need it are left out. */
export function claimsTable(reports: readonly TestReport[], hasWall: boolean): Section {
  const problems: string[] = [];
  const lines = [
    `| | Node | ${CONFINEMENTS.map((name) => `\`${name}\``).join(' | ')} |`,
    `| --- | --- | ${CONFINEMENTS.map(() => '---').join(' | ')} |`,
  ];
  for (const { name, label, needsWall } of VARIANTS) {
    if (needsWall && !hasWall) continue;
    for (const { machine, claims } of reports) {
      const node = majorOf(machine.node);
      const own = claims.filter(({ adapter }) => adapter === name);
      if (own.length === 0) problems.push(`no test attacked "${name}" on Node ${node}`);
      const cells = CONFINEMENTS.map((confinement) => cellOf(own.find((claim) => claim.confinement === confinement)));
      lines.push(`| ${label} | ${node} | ${cells.join(' | ')} |`);
      problems.push(...own.flatMap((claim) => breachesOf(claim, node)));
    }
  }
  return { lines, problems };
}

/** A major version, which stays when a machine is updated: `26.10.0` is `26`. */
export function majorOf(version: string): string {
  const [major = ''] = version.split('.');
  return major;
}

function cellOf(claim: Claim | undefined): string {
  if (claim === undefined) return 'not looked at';
  if (claim.claimed === 'none') return 'none';
  const held = claim.attacks.filter(({ held }) => held).length;
  const figure = `${claim.claimed} ${held}/${claim.attacks.length}`;
  return held === claim.attacks.length ? figure : `**broken**: ${figure}`;
}

function breachesOf({ adapter, confinement, claimed, attacks }: Claim, node: string): string[] {
  if (claimed !== 'none' && attacks.length === 0)
    return [`nothing attacked ${confinement} of "${adapter}" on Node ${node}`];
  return attacks
    .filter(({ held }) => !held)
    .map(({ name }) => `"${adapter}" on Node ${node} claims ${confinement} as a ${claimed}, and ${name} got through`);
}
