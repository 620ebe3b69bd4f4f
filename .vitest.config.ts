import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/helpers/built.ts",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is about to be true may take a busy machine longer than vitest's one second.
    expect: { poll: { timeout: 20_000, interval: 5 } },
    // No module of ours keeps state, so files need not be isolated from each other.
    isolate: false,
    reporters: ["default"],
  },
});
