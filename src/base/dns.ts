/** TXT records by DNS, cached for a while, each query with a deadline. */
import { Resolver } from 'node:dns/promises'

/**
 * The TXT records of a name, each as the strings it consists of (RFC 1035 section 3.3.14).
 * @throws Error with `code` ENOTFOUND or ENODATA when there are none, any other when unknown
 */
export type ResolveTxt = (name: string) => Promise<string[][]>

/** Milliseconds, enough for two tries. */
const answersWithinMs = 4_000
const knownForMs = 300_000
/** Negative answers are cached for less: the domain's owner may just be setting it up. */
const absentForMs = 60_000
const mostNames = 1_000
/** Octets of all records of one name; no key or policy is longer. */
const longestAnswer = 16 * 1024

/**
 * Whether a name is looked up in the zone that it appears to belong to. The library behind `resolveTxt` cuts a name at
 * NUL, and interprets backslashes and the full stops of other scripts.
 */
export const isDnsName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(name)

interface Known {
  answer: Promise<string[][]>
  until: number
}

/** @param ask another source than the machine's name servers */
export function txtResolver(ask: ResolveTxt = systemTxt()): ResolveTxt {
  const known = new Map<string, Known>()
  return (name) => {
    if (!isDnsName(name)) return Promise.reject(coded('EBADNAME', 'this is not a DNS name'))
    const key = name.toLowerCase()
    const found = known.get(key)
    if (found && found.until > performance.now()) return found.answer
    const entry = { answer: limited(ask, key), until: performance.now() + knownForMs }
    known.delete(key)
    known.set(key, entry)
    for (const oldest of known.keys()) {
      if (known.size <= mostNames) break
      known.delete(oldest)
    }
    entry.answer.catch((error: { code?: string }) => {
      if (isAbsent(error)) entry.until = performance.now() + absentForMs
      else if (known.get(key) === entry) known.delete(key)
    })
    return entry.answer
  }
}

export const isAbsent = ({ code }: { code?: string }): boolean => code === 'ENOTFOUND' || code === 'ENODATA'

function systemTxt(): ResolveTxt {
  const resolver = new Resolver({ timeout: answersWithinMs / 2, tries: 2 })
  return (name) => resolver.resolveTxt(name)
}

async function limited(ask: ResolveTxt, name: string): Promise<string[][]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(coded('ETIMEOUT', 'the name servers do not answer')), answersWithinMs)
  })
  try {
    const records = await Promise.race([ask(name), late])
    const octets = records.flat().reduce((sum, part) => sum + part.length, 0)
    if (octets > longestAnswer) throw coded('EBADRESP', 'the answer is too long')
    return records
  } finally {
    clearTimeout(timer)
  }
}

const coded = (code: string, message: string) => Object.assign(new Error(message), { code })
