import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real processes, sockets and mounts on small machines: slow is not broken, hanging is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default of a second is less than a busy machine may take.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
})
