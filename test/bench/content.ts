/** `readings`: many small members, as a device's batch has. `text`: one long string, as an opaque payload is. */
export const SHAPES = ["readings", "text"] as const;
export type Shape = (typeof SHAPES)[number];

/** Content of a Notify, as JSON text of exactly `bytes` bytes, all ASCII. */
export const notifyContent = (bytes: number, shape: Shape): string =>
  filled(
    bytes,
    shape,
    '{"m2m:sgn":{"nev":{"rep":{"m2m:cin":{"con":',
    '}},"net":3},"sur":"/id-in/sub1"}}',
  );

/** A <contentInstance>, to be created or answered with, as JSON text of exactly `bytes` bytes, all ASCII. */
export const instanceContent = (bytes: number, shape: Shape): string =>
  filled(bytes, shape, '{"m2m:cin":{"con":', "}}");

function filled(bytes: number, shape: Shape, before: string, after: string): string {
  const room = bytes - before.length - after.length;
  const shortest = shape === "text" ? 2 : 12;
  if (room < shortest) {
    throw new RangeError(`content needs ${bytes - room + shortest} bytes at least, not ${bytes}`);
  }
  return before + (shape === "text" ? `"${"x".repeat(room - 2)}"` : readings(room)) + after;
}

/** An array of readings of exactly `bytes` bytes, closed by a string that fills what is left. */
function readings(bytes: number): string {
  let text = "[";
  for (let n = 0; ; n += 1) {
    const reading = `{"n":"t${n % 10}","v":${(18 + (n % 70) / 10).toFixed(1)},"ok":true},`;
    if (text.length + reading.length + '""]'.length > bytes) break;
    text += reading;
  }
  return `${text}"${"x".repeat(bytes - text.length - '""]'.length)}"]`;
}
