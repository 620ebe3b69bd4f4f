/** A primitive in JSON, by short names. */
export type Message = Readonly<Record<string, unknown>>;

/** Response Type noResponse (TS-0004, 6.3.4.2.6). */
const NO_RESPONSE = 5;
const OPERATION_NAMES = new Map([
  [1, "create"],
  [2, "retrieve"],
  [3, "update"],
  [4, "delete"],
  [5, "notify"],
]);

/** The primitive in a text of JSON, whatever wraps it; undefined where there is none. */
export function messageOf(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return memberOf(message, "m2m:rqp") ?? memberOf(message, "m2m:rsp") ?? objectOf(message);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a person is told of a request: `notify from /id-in: 21.5`. */
export function lineOf({ op, fr, pc }: Message): string {
  const operation = OPERATION_NAMES.get(Number(op)) ?? `op ${op}`;
  return `${operation} from ${fr ?? "nobody"}: ${gistOf(pc)}`;
}

/** Whether whoever sent a request waits for its answer. */
export const wantsAnswer = (request: Message): boolean =>
  Number(memberOf(request, "rt")?.["rtv"]) !== NO_RESPONSE;

/** The AE-ID in what answers a registration. */
export function assignedId(content: unknown): string | undefined {
  const id = memberOf(content, "m2m:ae")?.["aei"];
  return typeof id === "string" ? id : undefined;
}

/** What a person wants to see of a content: the value of a notified content instance, else its JSON. */
export function gistOf(content: unknown): string {
  if (content === undefined) return "no content";
  const representation = memberOf(memberOf(memberOf(content, "m2m:sgn"), "nev"), "rep");
  const value = memberOf(representation, "m2m:cin")?.["con"];
  return shortened(typeof value === "string" ? value : JSON.stringify(value ?? content));
}

/** For a line that a person reads. */
export const shortened = (text: string): string =>
  text.length > 200 ? `${text.slice(0, 197)}...` : text;

const objectOf = (value: unknown): Message | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;

const memberOf = (value: unknown, name: string): Message | undefined =>
  objectOf(objectOf(value)?.[name]);
