// What an adapter claims, and what is left of it under attack. Needs no test runner.
export { attackClaims } from './attack-claims.js';
export type { AttackClaimsOptions, ClaimTable } from './attack-claims.js';
export type { AttackEvidence, AttackKind, ClaimEvidence } from './attack.js';
