/**
 * All accounts share one event loop, so reading one server's responses may take only a share of its time. The work is
 * estimated from the responses, not measured, so the result is the same on every machine.
 */
import { monotonic, type Stopwatch } from '../base/login-rate.ts'

/** One response as imapflow takes it from the connection. */
export interface Received {
  payload: Buffer
  literals?: readonly Buffer[]
}

/** Milliseconds of work: rounded up from measurements on one core of a small server. */
const work = { eachResponse: 0.04, parsedOctet: 6e-5, literalOctet: 2e-6, token: 2e-3 }
/** Tokens that `eachResponse` includes. */
const usualTokens = 100
/** Work that is done without a pause, milliseconds: the texts of several thousand mails. */
const atOnceMs = 1000
/** Share of the time for a server that has used up that allowance. */
const share = 0.15
/** Shorter pauses are added up, milliseconds. */
const shortestPauseMs = 5

export function workOf({ payload, literals = [] }: Received): number {
  const inLiterals = literals.reduce((sum, { length }) => sum + length, 0)
  const octets = payload.length * work.parsedOctet + inLiterals * work.literalOctet
  return work.eachResponse + octets + Math.max(0, tokensIn(payload) - usualTokens) * work.token
}

const [blank, quote, open] = [0x20, 0x22, 0x28]

/** Each becomes an object, so `()()()` costs more than a text of that length. */
function tokensIn(payload: Buffer): number {
  // imapflow reads the numbers of SEARCH without making tokens of them.
  if (/^\* search /i.test(payload.toString('latin1', 0, 9)) && !payload.includes('(')) return 0
  let tokens = 0
  for (const octet of payload) if (octet === blank || octet === quote || octet === open) tokens++
  return tokens
}

export class FairShare {
  readonly #clock: Stopwatch
  /** When the work so far would have been finished at this share, on the stopwatch. */
  #doneAt = Number.NEGATIVE_INFINITY

  constructor(clock: Stopwatch = monotonic) {
    this.#clock = clock
  }

  /** Resolves when the server is within its share again. @param workMs milliseconds that were just used */
  async use(workMs: number): Promise<void> {
    const now = this.#clock.now()
    this.#doneAt = Math.max(this.#doneAt, now - atOnceMs / share) + workMs / share
    const pauseMs = this.#doneAt - now
    if (pauseMs >= shortestPauseMs) await this.#clock.wait(pauseMs)
  }
}

const shares = new Map<string, FairShare>()

/** The share of a server, for all its connections together. */
export function fairShareOf({ host, port }: { host: string; port: number }): FairShare {
  const key = `${host} ${port}`
  const found = shares.get(key) ?? new FairShare()
  shares.set(key, found)
  return found
}
