import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectPath } from "../helpers/deploy-tools.ts";
import { callHttp } from "../helpers/http-client.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";

test("the console comes with its types, and a policy that lets in nothing from elsewhere", async () => {
  const { admin } = await startGateway();
  const types = {
    "/console/": "text/html; charset=utf-8",
    "/console/main.js": "text/javascript; charset=utf-8",
    "/console/preact.js": "text/javascript; charset=utf-8",
    "/console/base.css": "text/css; charset=utf-8",
    "/console/icon.svg": "image/svg+xml",
  };
  for (const [target, type] of Object.entries(types)) {
    const { status, headers } = await callHttp(admin, { target });
    expect([target, status, headers["content-type"]]).toEqual([target, 200, type]);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    const policy = headers["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  }
  const bare = await callHttp(admin, { target: "/console" });
  expect([bare.status, bare.headers.location]).toEqual([308, "console/"]);
});

test("a browser that has a file already is told so, and asks each time", async () => {
  const { admin } = await startGateway();
  const { headers } = await callHttp(admin, { target: "/console/main.js" });
  expect(headers["cache-control"]).toBe("no-cache");
  const again = await callHttp(admin, {
    target: "/console/main.js",
    headers: { "If-None-Match": headers.etag ?? "" },
  });
  expect([again.status, again.body]).toEqual([304, ""]);
  const other = await callHttp(admin, {
    target: "/console/main.js",
    headers: { "If-None-Match": '"other"' },
  });
  expect(other.status).toBe(200);
});

test("nothing but the console's own files is served, however it is spelled", async () => {
  const { admin } = await startGateway();
  for (const name of ["../server.ts", "..%2fserver.ts", "%2e%2e/server.ts", "index.html", ""]) {
    const { body } = await callHttp(admin, { target: `/console/${name}` });
    expect(body).not.toContain("AdminServer");
  }
  expect((await callHttp(admin, { target: "/console/none.js" })).status).toBe(404);
  expect((await callHttp(admin, { target: "/console/", method: "POST" })).status).toBe(404);
});

test("the files need no token, what they show does", async () => {
  const tokenFile = join(tempDir(), "token");
  writeFileSync(tokenFile, "0123456789abcdef\n");
  const { admin } = await startGateway({ "admin.tokenFile": tokenFile });
  expect((await callHttp(admin, { target: "/console/" })).status).toBe(200);
  expect((await callHttp(admin, { target: "/api/v1/status" })).status).toBe(401);
});

test("what is built has all of its files", () => {
  const built = readdirSync(projectPath("dist/admin/console"));
  expect(built).toEqual(expect.arrayContaining(readdirSync(projectPath("src/admin/console"))));
});
