/** Converts documents and pictures, one after the other, in a separate thread. */
import { parentPort } from 'node:worker_threads'
import { toMarkdown } from './convert.ts'
import { readImage } from './image.ts'
import { DocumentFault } from './limits.ts'

/** @param name null: a picture */
async function converted(name: string | null, octets: Buffer) {
  return name === null ? { image: await readImage(octets) } : { markdown: await toMarkdown(name, octets) }
}

parentPort?.on('message', ({ name, octets }: { name: string | null; octets: Uint8Array }) => {
  converted(name, Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => {
      const fault = error instanceof DocumentFault ? error.message : 'it could not be read'
      parentPort?.postMessage({ fault })
    },
  )
})
