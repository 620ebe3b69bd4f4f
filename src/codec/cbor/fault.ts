/** What is wrong with a CBOR item, and at which byte. */
export class CborFault extends Error {
  constructor(what: string, at: number) {
    super(`${what} at byte ${at}`);
    this.name = "CborFault";
  }
}
