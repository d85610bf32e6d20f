/** The second factor: time-based one-time passwords (RFC 6238), as every authenticator app makes them. */
import { createHmac, timingSafeEqual } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** RFC 4226 section 4 asks for 128 bits at least; in base32 that is 26 characters. */
export const totpSecretPattern = /^[A-Za-z2-7 ]{26,}$/
const stepSeconds = 30

/** Base32 (RFC 4648 section 6) without padding. */
export function base32(octets: Uint8Array): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

function octetsOf(secret: string): Buffer {
  const letters = [...secret.toUpperCase().replaceAll(' ', '')]
  const bits = letters.map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)))
}

/** Number of the time step. */
const stepOf = (now: Date) => Math.floor(now.getTime() / 1000 / stepSeconds)

/** Six digits (RFC 4226 section 5.3). */
export function codeOf(secret: string, now: Date): string {
  return codeOfStep(secret, stepOf(now))
}

function codeOfStep(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', octetsOf(secret)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0')
}

/** Those whose codes are taken now: half a minute to either side, for clocks that differ (RFC 6238 section 6). */
export const stepsAround = (now: Date): number[] => [0, -1, 1].map((shift) => stepOf(now) + shift)

/** The time step near now that this code belongs to; null when it belongs to none. Use each step once. */
export function matchingStep(secret: string, code: string, now: Date): number | null {
  const given = code.replaceAll(' ', '')
  if (!/^\d{6}$/.test(given)) return null
  const same = (step: number) => timingSafeEqual(Buffer.from(codeOfStep(secret, step)), Buffer.from(given))
  return stepsAround(now).find(same) ?? null
}
