import type { AdminClient, Answer } from "./admin-client.ts";

/** More are not listed: a person does not read them, and a program asks the API itself. */
const MOST = 10_000;

/** All items of a list, page after page. @param query without those that are undefined @throws AdminFailure */
export async function pagesOf(
  client: AdminClient,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<readonly Answer[]> {
  const items: Answer[] = [];
  for (let after: string | undefined; items.length < MOST; ) {
    const given = Object.entries({ ...query, after, limit: "1000" }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const page = await client.call("GET", `${path}?${new URLSearchParams(given)}`);
    items.push(...page.items);
    if (page.next === undefined) return items;
    after = page.next;
  }
  return items;
}
