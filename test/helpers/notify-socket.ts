import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startChild } from "./child.ts";
import { hasCommand } from "./has-command.ts";
import { tempDir } from "./temp-dir.ts";

/** What systemd does: takes datagrams, and lets go of what came along, for which systemd-notify waits. */
const SYSTEMD = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    text = s.recv(4096).decode().strip()
    if not text.startswith("BARRIER"): print(" ".join(text.split("\\n")), flush=True)
`;

/** Whether systemd-notify can be listened to here, for `skipIf`. Says so when not. */
export const haveSystemdNotify = (): boolean =>
  hasCommand("systemd-notify") && hasCommand("python3");

export interface NotifySocket {
  /** For NOTIFY_SOCKET. */
  readonly path: string;
  /** Resolves with the first `count` messages, each in one line. */
  messages(count: number): Promise<readonly string[]>;
}

/** Listens as systemd does to what its services say; ended with the test. */
export async function listenAsSystemd(): Promise<NotifySocket> {
  const path = join(tempDir(), "notify");
  const child = await startChild("python3", ["-c", SYSTEMD, path]);
  onTestFinished(async () => void (await child.stop()));
  const lines: string[] = [];
  let heard = () => {};
  child.onLine((line) => {
    lines.push(line);
    heard();
  });
  const messages = async (count: number): Promise<readonly string[]> => {
    while (lines.length < count + 1) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
    return lines.slice(1, count + 1);
  };
  await messages(0);
  return { path, messages };
}
