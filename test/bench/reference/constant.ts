import { createServer } from "node:http";
import { parseArgs } from "node:util";

/** node:http that reads each request and answers it with a constant: what no gateway on Node can reach. */
const { values } = parseArgs({ options: { http: { type: "string", default: "0" } } });

const HEADERS = {
  "X-M2M-RSC": "2000",
  "X-M2M-RI": "constant",
  "X-M2M-RVI": "3",
  "Content-Length": "0",
};

createServer((request, response) => {
  request.resume();
  request.once("end", () => response.writeHead(200, HEADERS).end());
}).listen(Number(values.http), "127.0.0.1");
