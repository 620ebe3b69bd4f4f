const METHODS = {
  create: "POST",
  retrieve: "GET",
  update: "PUT",
  delete: "DELETE",
  notify: "POST",
};

/**
 * A request primitive again, for a shell: the HTTP request that carries it (TS-0009, 6).
 *
 * @param step "received" of a trace; `content` only where the trace has contents
 * @param base URL of the gateway's HTTP listener
 */
export function curlOf(
  { operation, to, originator, requestIdentifier, resourceType, content, carried = {} },
  base,
) {
  const type = `application/json${operation === "create" ? `;ty=${resourceType ?? "?"}` : ""}`;
  const fields = [
    originator !== undefined && `X-M2M-Origin: ${originator}`,
    `X-M2M-RI: ${requestIdentifier}`,
    `X-M2M-RVI: ${carried.rvi ?? "3"}`,
    content !== undefined && `Content-Type: ${type}`,
  ].filter(Boolean);
  return [
    `curl -i -X ${METHODS[operation]} ${quoted(`${base}${pathOf(to)}`)}`,
    ...fields.map((field) => `-H ${quoted(field)}`),
    ...(content === undefined ? [] : [`-d ${quoted(content)}`]),
  ].join(" \\\n  ");
}

/** To as the path of a request-target (TS-0009, 6.2.2.1). */
function pathOf(to) {
  if (to.startsWith("//")) return `/_${to.slice(1)}`;
  return to.startsWith("/") ? `/~${to}` : `/${to}`;
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
