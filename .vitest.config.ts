import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/helpers/built.ts",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // No module of ours keeps state, so files need not be isolated from each other.
    isolate: false,
    reporters: ["default"],
  },
});
