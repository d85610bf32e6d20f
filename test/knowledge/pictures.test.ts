import { syncBuiltinESMExports } from 'node:module'
import workerThreads from 'node:worker_threads'
import { expect, test } from '@jest/globals'
import { imageSize } from 'image-size'
import { Converter, type Scaled } from '../../src/knowledge/conversion.ts'
import { upright } from '../../src/knowledge/documents/image.ts'
import { bombOf, pngOf } from './make-pictures.ts'

async function scaled(octets: Buffer): Promise<Scaled> {
  const converter = new Converter(null)
  try {
    return await converter.scale(octets)
  } finally {
    converter.close()
  }
}

test.each([
  [1500, 300, 1024, 205],
  [300, 1500, 205, 1024],
  [400, 300, 400, 300],
])('a picture of %d × %d comes to the model as %d × %d', async (width, height, across, down) => {
  const result = await scaled(pngOf(width, height))
  const image = 'image' in result ? result.image : null
  expect([image?.width, image?.height]).toEqual([across, down])
  const jpeg = imageSize(Buffer.from(image?.jpeg ?? '', 'base64'))
  expect([jpeg.type, jpeg.width, jpeg.height]).toEqual(['jpg', across, down])
})

const png = pngOf(300, 200)
const damaged = 'it is damaged'
test.each<[string, Buffer, string]>([
  ['20,000 × 20,000 pixels in a small file', bombOf(20_000, 20_000), 'it has more than 25 million pixels'],
  ['a picture of one pixel', pngOf(1, 1), 'it is too small to show anything'],
  ['a PDF file', Buffer.from('%PDF-1.7\n'), 'it is not a picture in a known format'],
  [
    'a PDF file with a picture behind it',
    Buffer.concat([Buffer.from('%PDF-1.7\n'), png]),
    'it is not a picture in a known format',
  ],
  ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'it is not a picture in a known format'],
  ['the signature alone', png.subarray(0, 8), damaged],
  ['RIFF that is sound', Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), damaged],
  ['half a picture', png.subarray(0, png.length / 2), 'it could not be read'],
  ['nothing', Buffer.alloc(0), 'it is not a picture in a known format'],
])('%s is left out', async (_, octets, fault) => {
  expect(await scaled(octets)).toEqual({ fault })
})

test('after a damaged picture the next one is read', async () => {
  const converter = new Converter(null)
  const [bad, good] = await Promise.all([
    converter.scale(png.subarray(0, png.length / 2)),
    converter.scale(png),
  ])
  converter.close()
  expect([bad, good]).toEqual([{ fault: 'it could not be read' }, { image: expect.anything() }])
})

test('without a thread a picture can not be read, and the next one is read when there are threads again', async () => {
  const converter = new Converter(null)
  const { Worker } = workerThreads
  const replace = (by: unknown) => {
    Object.assign(workerThreads, { Worker: by })
    syncBuiltinESMExports()
  }
  replace(
    class {
      constructor() {
        throw new Error('ERR_WORKER_INIT_FAILED')
      }
    },
  )
  try {
    const both = await Promise.all([converter.scale(png), converter.convert('a.html', png)])
    expect(both).toEqual([{ fault: 'it could not be read' }, { fault: 'it could not be read' }])
  } finally {
    replace(Worker)
  }
  expect(await converter.scale(png)).toEqual({ image: expect.anything() })
  converter.close()
})

/** Two columns and three rows, named by the red of their pixels. */
const lettered = new Uint8Array([1, 2, 3, 4, 5, 6].flatMap((red) => [red, 0, 0, 255]))

test.each([
  [1, 2, [1, 2, 3, 4, 5, 6]],
  [2, 2, [2, 1, 4, 3, 6, 5]],
  [3, 2, [6, 5, 4, 3, 2, 1]],
  [4, 2, [5, 6, 3, 4, 1, 2]],
  [5, 3, [1, 3, 5, 2, 4, 6]],
  [6, 3, [5, 3, 1, 6, 4, 2]],
  [7, 3, [6, 4, 2, 5, 3, 1]],
  [8, 3, [2, 4, 6, 1, 3, 5]],
])('Exif orientation %d is turned upright', (orientation, across, reds) => {
  const { pixels, width } = upright(lettered, 2, 3, orientation)
  expect([width, [...pixels].filter((_, at) => at % 4 === 0)]).toEqual([across, reds])
})

test('what is transparent becomes white', () => {
  expect([...upright(new Uint8Array([10, 20, 30, 0]), 1, 1, 1).pixels]).toEqual([255, 255, 255, 255])
})
