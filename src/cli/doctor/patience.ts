import { type Clock, later, type Millis } from "../../base/clock.ts";

/** What `work` comes to; undefined when that takes longer than `patience`. It is not ended then. */
export async function within<T>(
  clock: Clock,
  patience: Millis,
  work: Promise<T>,
): Promise<T | undefined> {
  let expire = (): void => {};
  const expired = new Promise<undefined>((resolve) => {
    expire = () => resolve(undefined);
  });
  const timer = clock.at(later(clock.now(), patience), expire);
  try {
    return await Promise.race([work, expired]);
  } finally {
    timer.cancel();
  }
}

/** How long something took, for a sentence. */
export const tookSince = (clock: Clock, start: number): string =>
  `${Math.max(clock.now() - start, 0)} ms`;
