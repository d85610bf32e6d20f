/** A picture for the demo's mailbox, drawn instead of shipped: a tube of a bicycle frame with a crack at the weld. */
import { crc32, deflateSync } from 'node:zlib'

/** RGB without compression is as large as a photo: 5 MB. */
const [width, height] = [1500, 1170]

type Colour = readonly [number, number, number]

const wall: Colour = [222, 218, 210]
const tube: Colour = [38, 92, 122]
const weld: Colour = [150, 158, 164]
const crack: Colour = [24, 20, 20]

/** Lighter in the middle of the tube, which makes it look round. */
function colourAt(x: number, y: number): Colour {
  const across = (y - 380 - x / 4) / 190
  if (Math.abs(across) > 1) return wall
  const split = 820 + 14 * Math.sin(y / 23) + 9 * Math.sin(y / 7)
  if (Math.abs(x - split) < 5 && across < 0.55) return crack
  const base = Math.abs(x - 760) < 34 ? weld : tube
  const light = 1.25 - 0.6 * across * across
  return [base[0] * light, base[1] * light, base[2] * light]
}

/** A PNG (RFC 2083). */
export function crackedFrame(): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [at, value] of colourAt(x, y).entries())
        rows[y * (width * 3 + 1) + 1 + x * 3 + at] = Math.min(255, value)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 0 })), chunk('IEND')]
  return Buffer.concat([signature, ...parts])
}

function chunk(name: string, content = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([Buffer.from(name), content])
  const frame = Buffer.alloc(named.length + 8)
  frame.writeUInt32BE(content.length, 0)
  frame.set(named, 4)
  frame.writeUInt32BE(crc32(named), named.length + 4)
  return frame
}
