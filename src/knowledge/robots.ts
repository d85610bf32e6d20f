/** robots.txt (RFC 9309): what may be read of a site. */

export interface Robots {
  /** @param path with query */
  allows(path: string): boolean
  sitemaps: string[]
  /** It could not be read. Forbids everything for now; what was read earlier stays. */
  unknown: boolean
}

interface Rule {
  allow: boolean
  /** Length of the pattern: the longest match decides (section 2.2.2). */
  length: number
  matches: (path: string) => boolean
}

const mostRules = 2_000

/** @param status 0: no answer, which forbids everything, as a server error does (section 2.3.1.4) */
export function robotsOf(status: number, text: string): Robots {
  if (status >= 400 && status < 500) return { allows: () => true, sitemaps: [], unknown: false }
  if (status !== 200) return { allows: () => false, sitemaps: [], unknown: true }
  const { own, any, isNamed, sitemaps } = groupsOf(text)
  // A group of our own without rules allows everything, whatever applies to others (section 2.2.1).
  const rules = isNamed ? own : any
  return {
    allows(path) {
      let best: Rule | null = null
      for (const rule of rules) {
        if (!rule.matches(path)) continue
        if (best === null || rule.length > best.length || (rule.length === best.length && rule.allow))
          best = rule
      }
      return best?.allow ?? true
    },
    sitemaps,
    unknown: false,
  }
}

interface Groups {
  own: Rule[]
  any: Rule[]
  /** There is a group for replyd. */
  isNamed: boolean
  sitemaps: string[]
}

function groupsOf(text: string): Groups {
  const [own, any]: [Rule[], Rule[]] = [[], []]
  let isNamed = false
  const sitemaps: string[] = []
  let agents: string[] = []
  let inRules = false
  for (const line of text.split(/\r\n?|\n/)) {
    const [, name = '', value = ''] = /^\s*([a-z-]+)\s*:\s*([^#]*)/i.exec(line) ?? []
    const field = name.toLowerCase()
    const written = value.trim()
    if (field === 'sitemap') sitemaps.push(written)
    if (field === 'user-agent') {
      if (inRules) agents = []
      inRules = false
      agents.push(written.toLowerCase())
      isNamed ||= agents.includes('replyd')
    }
    if (field !== 'allow' && field !== 'disallow') continue
    inRules = true
    if (written === '' || own.length + any.length >= mostRules) continue
    const rule = {
      allow: field === 'allow',
      length: written.length,
      matches: matcherOf(written.slice(0, 500)),
    }
    if (agents.includes('replyd')) own.push(rule)
    if (agents.includes('*')) any.push(rule)
  }
  return { own, any, isNamed, sitemaps: sitemaps.slice(0, 10) }
}

/** `*` is any run, a final `$` the end. The first match of each part is enough, so no pattern takes long. */
function matcherOf(written: string): (path: string) => boolean {
  const anchored = written.endsWith('$')
  const [first = '', ...parts] = (anchored ? written.slice(0, -1) : written).split(/\*+/)
  const last = anchored ? (parts.pop() ?? null) : null
  return (path) => {
    if (!path.startsWith(first)) return false
    let at = first.length
    for (const part of parts) {
      const found = path.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    if (!anchored) return true
    return last === null ? path.length === at : path.length - last.length >= at && path.endsWith(last)
  }
}
