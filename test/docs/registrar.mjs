// Says what a gateway may say, to see what a device makes of it: it loses the first connection when its Notify is
// answered, knows the device on the next ones, and there sends that Notify again, and another one.
import { WebSocketServer } from "ws";

const seen = new Set();
let connections = 0;

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 8180,
  handleProtocols: () => "oneM2M.json",
});
server.on("connection", (socket, { headers }) => {
  connections += 1;
  const turn = connections;
  const name = headers["x-m2m-origin"];
  const send = (primitive) => socket.send(JSON.stringify({ rvi: "3", ...primitive }));
  const notify = (rqi) =>
    send({ op: 5, to: name, fr: "/id-in", rqi, pc: { "m2m:sgn": { sur: `/id-in/${rqi}` } } });
  socket.on("error", () => {});
  socket.on("message", (data) => {
    const { op, to, fr, rqi, rsc } = JSON.parse(data);
    if (op === undefined) {
      process.stdout.write(`connection ${turn}: answer ${rqi} ${rsc}\n`);
      if (turn === 1) socket.terminate();
      return;
    }
    process.stdout.write(`connection ${turn}: request ${op} ${fr} ${to}\n`);
    if (seen.has(rqi)) process.stdout.write(`known: ${rqi}\n`);
    seen.add(rqi);
    if (op === 1) send({ rsc: turn === 1 ? 2001 : 4117, rqi });
    else send({ rsc: 2000, rqi });
    if ((op === 1) === (turn === 1)) notify("first");
    if (op !== 1) notify("second");
  });
});
