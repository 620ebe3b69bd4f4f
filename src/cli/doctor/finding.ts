/** What a finding is about, in the order of the examination. */
export const SUBJECTS = [
  "configuration",
  "state",
  "listeners",
  "advertise",
  "proxy",
  "name",
  "connection",
  "tunnel",
  "TLS",
  "handshake",
  "CSE",
  "clock",
  "silence",
  "peer",
] as const;
export type Subject = (typeof SUBJECTS)[number];

/** One thing that was found out. No secret is in it; what peers have sent may be. */
export interface Finding {
  readonly severity: "ok" | "note" | "fault";
  readonly about: Subject;
  /** Whose it is: the CSE-ID or M2M-SP-ID of a peer; undefined for what is the CSE's, or the gateway's own. */
  readonly peer?: string;
  /** For somebody who did not build the network. */
  readonly text: string;
  /** What to change, with the key that says so. */
  readonly change?: string | undefined;
}

export const ok = (about: Subject, text: string): Finding => ({ severity: "ok", about, text });

/** Something to know that keeps nobody from anything now. */
export const note = (about: Subject, text: string, change?: string): Finding => ({
  severity: "note",
  about,
  text,
  change,
});

export const fault = (about: Subject, text: string, change: string): Finding => ({
  severity: "fault",
  about,
  text,
  change,
});

export const isFault = ({ severity }: Finding): boolean => severity === "fault";

const WIDTH = Math.max(...SUBJECTS.map(({ length }) => length));
const LABELS = { ok: "ok   ", note: "note ", fault: "FAULT" } as const;

/** A line for a person, and an indented one with what to change. */
export function linesOf({ severity, about, peer, text, change }: Finding): string[] {
  const whole = peer === undefined ? text : `${peer}: ${text}`;
  const line = `${LABELS[severity]}  ${about.padEnd(WIDTH)}  ${printable(whole)}`;
  const indent = " ".repeat(LABELS.ok.length + 2 + WIDTH + 2);
  return change === undefined ? [line] : [line, `${indent}change: ${printable(change)}`];
}

/** The same for a program. */
export const jsonOf = ({ severity, about, peer, text, change }: Finding): string =>
  JSON.stringify({ severity, about, peer, text, change });

/** What peers have sent may not steer the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, " ");
