import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const OUTPUT = resolve(import.meta.dirname, '../../../dist/apps/console/web')
/** Smaller files are not worth a second answer. */
const COMPRESS_FROM_BYTES = 1_024
/** The best of 11 takes ten times as long for 5 %. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

const toBrotli = promisify(brotliCompress)
const toGzip = promisify(gzip)

/** Beside each file its compressed twins, so that the gateway compresses nothing while it serves. */
const precompressed: Plugin = {
  name: 'precompressed',
  apply: 'build',
  async closeBundle() {
    const files = (await readdir(OUTPUT, { recursive: true })).filter((file) => /\.(js|css|html|svg)$/.test(file))
    await Promise.all(files.map(compress))
  },
}

const compress = async (file: string): Promise<void> => {
  const content = await readFile(join(OUTPUT, file))
  if (content.length < COMPRESS_FROM_BYTES) return
  await writeFile(join(OUTPUT, `${file}.br`), await toBrotli(content, BROTLI))
  await writeFile(join(OUTPUT, `${file}.gz`), await toGzip(content))
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [precompressed],
  build: {
    outDir: OUTPUT,
    emptyOutDir: true,
    // Everything is a file of its own: the content policy allows no inline script and no data: font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { moduleLevelDirective: false, pluginTimings: false } },
  },
  server: {
    port: 5173,
    proxy: { '/api': process.env.WAYBILL_URL ?? 'http://localhost:8080' },
  },
})
