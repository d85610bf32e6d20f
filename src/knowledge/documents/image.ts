/**
 * Scales strangers' pictures down for a model. The decoder is Rust in WebAssembly: a picture that breaks it reaches
 * nothing outside the worker. Dimensions are read before anything is decoded. The result has no metadata.
 */
import { imageSize } from 'image-size'
import type { ReadImage } from '../../mail/attachments.ts'
import { DocumentFault, imageLimits } from './limits.ts'

const signatures: readonly (readonly [type: string, octets: string])[] = [
  ['png', '\x89PNG\r\n\x1a\n'],
  ['jpg', '\xff\xd8\xff'],
  ['gif', 'GIF8'],
  ['webp', 'RIFF'],
]

/** @throws DocumentFault */
export async function readImage(octets: Buffer): Promise<ReadImage> {
  const { width, height, orientation } = dimensionsOf(octets)
  const longest = Math.max(width, height)
  if (width * height > imageLimits.pixels)
    throw new DocumentFault(`it has more than ${imageLimits.pixels / 1_000_000} million pixels`)
  if (longest < imageLimits.leastSide) throw new DocumentFault('it is too small to show anything')
  const { PhotonImage, resize, SamplingFilter } = await import('@cf-wasm/photon')
  const decoded = PhotonImage.new_from_byteslice(octets)
  const scale = Math.min(1, imageLimits.side / longest)
  const scaled = (side: number) => Math.max(1, Math.round(side * scale))
  const small = resize(
    decoded,
    scaled(decoded.get_width()),
    scaled(decoded.get_height()),
    SamplingFilter.Triangle,
  )
  const picture = upright(small.get_raw_pixels(), small.get_width(), small.get_height(), orientation)
  if (Math.max(picture.width, picture.height) > imageLimits.side)
    throw new DocumentFault('it is larger than it claims')
  const jpeg = new PhotonImage(picture.pixels, picture.width, picture.height).get_bytes_jpeg(
    imageLimits.quality,
  )
  return {
    jpeg: Buffer.from(jpeg).toString('base64'),
    width: picture.width,
    height: picture.height,
  }
}

function dimensionsOf(octets: Buffer): { width: number; height: number; orientation: number } {
  const start = octets.subarray(0, 8).toString('latin1')
  const type = signatures.find(([, signature]) => start.startsWith(signature))?.[0]
  if (type === undefined) throw new DocumentFault('it is not a picture in a known format')
  try {
    const { width, height, orientation = 1, type: found } = imageSize(octets)
    if (found !== type || !(width > 0 && height > 0)) throw new DocumentFault('it is damaged')
    return { width, height, orientation }
  } catch (error) {
    throw new DocumentFault('it is damaged', { cause: error })
  }
}

/** Rotated by its Exif orientation, on a white background: JPEG has no transparency. @param pixels RGBA */
export function upright(
  pixels: Uint8Array,
  width: number,
  height: number,
  orientation: number,
): { pixels: Uint8Array; width: number; height: number } {
  const isTurned = orientation >= 5
  const [across, down] = isTurned ? [height, width] : [width, height]
  const flipsX = [2, 3, 7, 8].includes(orientation)
  const flipsY = [3, 4, 6, 7].includes(orientation)
  const out = new Uint8Array(pixels.length)
  for (let y = 0, to = 0; y < down; y++) {
    for (let x = 0; x < across; x++, to += 4) {
      const [column, row] = isTurned ? [y, x] : [x, y]
      const from = 4 * ((flipsY ? height - 1 - row : row) * width + (flipsX ? width - 1 - column : column))
      const alpha = (pixels[from + 3] ?? 0) / 255
      for (let part = 0; part < 3; part++)
        out[to + part] = Math.round((pixels[from + part] ?? 0) * alpha + 255 * (1 - alpha))
      out[to + 3] = 255
    }
  }
  return { pixels: out, width: across, height: down }
}
