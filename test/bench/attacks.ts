/** What is done to a gateway to see how others are served meanwhile. */
export const ATTACKS = [
  "half handshakes",
  "slow heads and bodies",
  "pings",
  "fragments",
  "requests whose answers nobody reads",
  "hostile content",
] as const;
export type Attack = (typeof ATTACKS)[number];

/** Does one thing to a gateway, `perSecond` times a second, each on a connection of its own. */
export interface AttackJob {
  readonly attack: Attack;
  readonly httpPort: number;
  readonly wsPort: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** How many times it was done. */
export type AttackResult = number;
