/** Where a listener is reached, such as `http://127.0.0.1:8088`. @param bound as node says where it listens */
export function listenUrl(
  scheme: "http" | "https" | "ws" | "wss",
  {
    address,
    family,
    port,
  }: { readonly address: string; readonly family: string; readonly port: number },
): string {
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
