import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig } from 'vite';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

// The server embeds the compressed files and never compresses at run time. Browsers offer brotli
// only over TLS and on localhost, so gzip is needed beside it.
const precompress = {
  name: 'precompress',
  apply: 'build',
  async writeBundle({ dir }, bundle) {
    await Promise.all(
      Object.keys(bundle).map(async name => {
        const path = join(dir, name);
        const content = await readFile(path);
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
          [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
        };
        await writeFile(`${path}.br`, await brotli(content, { params }));
        await writeFile(`${path}.gz`, await deflate(content, { level: 9 }));
      }),
    );
  },
};

export default defineConfig({
  base: '/graphiql/',
  plugins: [precompress],
  worker: { format: 'es' },
  build: {
    // Notices of everything that is bundled; the licences ask for them wherever the bundle goes.
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    // Monaco alone is larger than the default limit; there is nothing to act on.
    chunkSizeWarningLimit: 4096,
    reportCompressedSize: false,
  },
});
