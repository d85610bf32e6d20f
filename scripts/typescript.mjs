// Lets plain Node run our TypeScript: `node --import ./scripts/typescript.mjs bench/some.ts`. Node 20 can't do so
// natively, and no version can read TSX.
import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)
