import { LeafReader, makeAjv } from "./leaf-reader.ts";
import { leavesByPath } from "./schema.ts";

/** One key of the configuration, with the three names it goes by. */
export interface Key {
  /** `ws.maxMessage`, as in the file. */
  readonly path: string;
  /** `M2MGW_WS_MAX_MESSAGE` */
  readonly variable: string;
  /** `--ws.maxMessage` */
  readonly flag: string;
  readonly reader: LeafReader;
}

export const VARIABLE_PREFIX = "M2MGW_";

/** Every key by its path, in the order of the schema. */
export function keysByPath(): ReadonlyMap<string, Key> {
  const ajv = makeAjv();
  return new Map(
    [...leavesByPath()].map(([path, schema]) => [
      path,
      {
        path,
        variable: variableOf(path),
        flag: `--${path}`,
        reader: new LeafReader(schema, ajv),
      },
    ]),
  );
}

/** `ws.maxMessage` becomes `M2MGW_WS_MAX_MESSAGE`. */
export function variableOf(path: string): string {
  const words = path.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll(".", "_");
  return `${VARIABLE_PREFIX}${words.toUpperCase()}`;
}
