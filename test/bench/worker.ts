/** What a worker answers to one job. */
export type Reply<R> = { readonly result: R } | { readonly failed: string };

/** Makes this process do one job after another for the process that forked it, and end with it. */
export function doJobs<J, R>(perform: (job: J) => Promise<R>): void {
  const reply = (message: Reply<R>) => process.send?.(message);
  process.on("message", (job) => {
    perform(job as J).then(
      (result) => reply({ result }),
      (error: Error) => reply({ failed: error.message }),
    );
  });
  process.once("disconnect", () => process.exit());
}
