import preact from '@preact/preset-vite'
import { defineConfig } from 'vite'

/** Where `vite web` (development only) finds a running central. */
const CENTRAL = 'http://127.0.0.1:7333'

export default defineConfig({
  plugins: [preact({ reactAliasesEnabled: false, devToolsEnabled: false })],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // light-dark() and nesting as written: every supported browser has them.
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    // The CSP has no data: source and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The server's pure parts only declare things; what the console does not use stays out.
      treeshake: { moduleSideEffects: (id) => !id.includes('/server/') },
    },
  },
  server: {
    proxy: { '/api': { target: CENTRAL, ws: true, changeOrigin: true } },
  },
})
