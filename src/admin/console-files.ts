import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import type { FastifyInstance } from "fastify";

const PREFIX = "/console/";

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".svg", "image/svg+xml"],
]);

/** What every file comes with: the page runs what this listener serves and nothing else, and nobody frames it. */
const HEADERS = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

/** One file of the console. */
interface ConsoleFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
  /** Strong ETag. */
  readonly tag: string;
}

/**
 * Serves the console: the files that its folder has at the start, each under its own route.
 *
 * To everybody, since they say nothing about this gateway: who may see and do what is up to the API.
 */
export function serveConsole(fastify: FastifyInstance): void {
  fastify.get("/console", (_request, reply) => reply.redirect("console/", 308));
  for (const file of consoleFiles()) {
    const url = `${PREFIX}${file.name === "index.html" ? "" : file.name}`;
    fastify.get(url, (request, reply) => {
      reply.headers({ ...HEADERS, ETag: file.tag });
      if (request.headers["if-none-match"] === file.tag) return reply.code(304).send();
      return reply.type(file.type).send(file.bytes);
    });
  }
}

function consoleFiles(): readonly ConsoleFile[] {
  const folder = new URL("console/", import.meta.url);
  const names = readdirSync(folder).filter((name) => MEDIA_TYPES.has(extname(name)));
  return [
    ...names.map((name) => fileOf(name, new URL(name, folder))),
    // Preact and htm in one module without imports of its own; the package names no file that a browser takes.
    fileOf("preact.js", new URL("../preact/standalone.mjs", packageMain("htm"))),
  ];
}

const packageMain = (name: string): URL =>
  pathToFileURL(createRequire(import.meta.url).resolve(name));

function fileOf(name: string, at: URL): ConsoleFile {
  const bytes = readFileSync(at);
  const tag = `"${createHash("sha256").update(bytes).digest("base64url")}"`;
  return { name, type: MEDIA_TYPES.get(extname(name)) ?? "application/octet-stream", bytes, tag };
}
