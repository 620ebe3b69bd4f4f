import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { startGateway } from "../helpers/start-gateway.ts";

const documentOf = async (admin: string) =>
  (await (await fetch(`${admin}/openapi.json`)).json()) as {
    readonly paths: Record<string, Record<string, { readonly operationId: string }>>;
  };

test("what describes the API is valid by OpenAPI 3.1, and names each operation once", async () => {
  const { admin } = await startGateway();
  const document = await documentOf(admin);
  expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true });
  const names = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(names).size).toBe(names.length);
});

test("nothing is changed by GET: what acts is a method of its own", async () => {
  const { admin } = await startGateway();
  const { paths } = await documentOf(admin);
  for (const [path, methods] of Object.entries(paths)) {
    if (/\/(kick|replay|purge|drain|reload)$/.test(path)) expect(methods).not.toHaveProperty("get");
  }
});
