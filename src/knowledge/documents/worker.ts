/** Converts documents, one after the other, in a thread of its own. */
import { parentPort } from 'node:worker_threads'
import { toMarkdown } from './convert.ts'
import { DocumentFault } from './limits.ts'

parentPort?.on('message', ({ name, octets }: { name: string; octets: Uint8Array }) => {
  toMarkdown(name, Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)).then(
    (markdown) => parentPort?.postMessage({ markdown }),
    (error: unknown) => {
      const fault = error instanceof DocumentFault ? error.message : 'it could not be read'
      parentPort?.postMessage({ fault })
    },
  )
})
