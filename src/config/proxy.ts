import { Type } from "@sinclair/typebox";
import { Duration, OptionalText, Switch, Texts } from "./leaf.ts";
import { clientTls } from "./tls.ts";

/** The HTTP proxy between the gateway and its CSE. */
export const PROXY = Type.Object({
  url: OptionalText({
    absent: "what the environment says, else none",
    example: "http://proxy.example.org:3128",
    pattern: "^[Hh][Tt][Tt][Pp][Ss]?://(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?/?$",
    expects: "an http:// or https:// URL of a host and port such as http://proxy.example.org:3128",
    refused: {
      pattern: "@",
      sentence:
        "must not carry credentials: put user:password into a file and name that in proxy.credentialsFile",
    },
    description:
      "HTTP proxy through which the CSE is reached: with CONNECT, or for an http:// CSE with requests in absolute-form.",
  }),
  credentialsFile: OptionalText({
    absent: "none",
    example: "/etc/m2mgw/proxy-credentials",
    pattern: "\\S",
    expects: "the path of a file",
    description:
      "File whose first line is the `user:password` for a proxy that asks for Basic credentials; read at the start.",
  }),
  none: Texts({
    pattern: "^[^\\s,@]+$",
    expects: "a list of hosts, host:port, networks or * such as example.org",
    description:
      "CSEs that are reached without a proxy: host names, with all below them, and addresses, each with or without a port; networks; `*`.",
  }),
  environment: Switch({
    default: true,
    description:
      "Where `proxy.url` is not set, the environment names the proxy: `wss_proxy` or `ws_proxy`, `https_proxy`, `http_proxy`, `all_proxy` (lower case before upper case), but for loopback and what `no_proxy` lists.",
  }),
  timeout: Duration({
    default: "10s",
    minimum: "10ms",
    maximum: "10m",
    description:
      "How long an attempt through the proxy may take: name, connection, answer, and TLS with the CSE.",
  }),
  tls: clientTls("an https:// proxy", "/etc/m2mgw/proxy"),
});
