/**
 * The owner's web pages as knowledge: found by sitemaps and links within the named addresses, with robots.txt obeyed
 * (RFC 9309), and read by conditional requests (RFC 9110 section 13). Each page becomes a Markdown file named after its
 * address; the file's time is when the page was last read.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { exchange, type HttpAnswer } from '../base/http.ts'
import type { Log } from '../base/log.ts'
import { decodePage, readHtml } from './documents/html.ts'
import { withAddress } from './folder-files.ts'
import { type Robots, robotsOf } from './robots.ts'

export interface SiteSettings {
  readonly urls: readonly string[]
  readonly maxPages: number
}

export interface SiteReport {
  /** Pages that were read again or are unchanged. */
  pages: number
  failed: number
  /** There are more pages, or the time is up. */
  cut: boolean
}

interface KnownPage {
  etag: string | null
  lastModified: string | null
  links: string[]
}

/** Octets of a page or a sitemap, and of robots.txt. */
const longest = { page: 2_000_000, robots: 500_000 } as const
const longestUrl = 500
const withinMs = 20_000
/** For a whole visit, milliseconds. */
const visitMs = 30 * 60_000
/** Addresses of sitemaps, and addresses that wait to be read. */
const most = { sitemaps: 10, waiting: 10_000 } as const

/** Reads the site once. Never rejects because of the site. @param folder holds nothing else */
export async function readSite(
  { urls, maxPages }: SiteSettings,
  folder: string,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<SiteReport> {
  const visit = new Visit(urls, maxPages, folder, { clock, signal })
  const report = await visit.run()
  log.info({ event: 'knowledge.site', ...report })
  return report
}

class Visit {
  readonly #roots: readonly URL[]
  readonly #maxPages: number
  readonly #folder: string
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #known: Map<string, KnownPage>
  readonly #pages = new Map<string, KnownPage>()
  readonly #robots = new Map<string, Robots>()
  readonly #waiting: string[] = []
  readonly #seen = new Set<string>()
  readonly #texts = new Set<string>()
  #failed = 0

  constructor(
    urls: readonly string[],
    maxPages: number,
    folder: string,
    { clock, signal }: { clock: Clock; signal: AbortSignal },
  ) {
    this.#roots = urls.map((url) => new URL(url))
    this.#maxPages = maxPages
    this.#folder = folder
    this.#clock = clock
    this.#signal = signal
    this.#known = readIndex(folder)
  }

  async run(): Promise<SiteReport> {
    const end = this.#clock.now().getTime() + visitMs
    for (const root of this.#roots) this.#add(root.href)
    for (const root of this.#roots) await this.#readSitemaps(root)
    let at = 0
    for (; at < this.#waiting.length && this.#pages.size < this.#maxPages; at++) {
      if (this.#signal.aborted || this.#clock.now().getTime() > end) break
      await this.#readPage(this.#waiting[at] ?? '')
    }
    const cut = at < this.#waiting.length
    this.#keep(cut || this.#failed > 0)
    return { pages: this.#pages.size, failed: this.#failed, cut }
  }

  async #readSitemaps(root: URL): Promise<void> {
    const robots = await this.#robotsAt(root)
    const usual = robots.allows('/sitemap.xml') ? [new URL('/sitemap.xml', root).href] : []
    const waiting = [...robots.sitemaps, ...usual]
    for (let at = 0; at < waiting.length && at < most.sitemaps; at++) {
      const url = waiting[at] ?? ''
      if (!URL.canParse(url) || new URL(url).origin !== root.origin) continue
      const answer = await this.#get(url, {}, longest.page)
      if (answer?.status !== 200) continue
      const text = answer.body.toString('utf8')
      const found = [...text.matchAll(/<loc>\s*([^<\s]{1,500})\s*<\/loc>/g)].map(([, loc = '']) =>
        loc.replaceAll('&amp;', '&'),
      )
      if (/<sitemapindex[\s>]/.test(text)) waiting.push(...found)
      else for (const loc of found) this.#add(loc)
    }
  }

  /** Within one of the named addresses, each once, without its fragment. */
  #add(link: string, base?: string): void {
    if (!URL.canParse(link, base) || this.#waiting.length >= most.waiting) return
    const url = new URL(link, base)
    url.hash = ''
    if (!this.#isInside(url) || url.href.length > longestUrl || this.#seen.has(url.href)) return
    if (/\.(?:png|jpe?g|gif|svg|webp|ico|css|js|zip|pdf|docx?|mp[34]|xml|json)$/i.test(url.pathname)) return
    this.#seen.add(url.href)
    this.#waiting.push(url.href)
  }

  #isInside(url: URL): boolean {
    return this.#roots.some((root) => url.origin === root.origin && isBelow(url.pathname, root.pathname))
  }

  async #readPage(href: string): Promise<void> {
    const url = new URL(href)
    const robots = await this.#robotsAt(url)
    const known = existsSync(join(this.#folder, fileOf(href))) ? this.#known.get(href) : undefined
    if (robots.unknown) return this.#missed(href, known)
    if (!robots.allows(url.pathname + url.search)) return
    // An open redirect must not turn a stranger's page into the owner's; the owner knows where a named address leads.
    const isNamed = this.#roots.some((root) => root.href === href)
    const answer = await this.#get(
      href,
      conditionsOf(known),
      longest.page,
      (to) => (isNamed || this.#isInside(to)) && robots.allows(to.pathname + to.search),
    )
    if (answer?.status === 304 && known) {
      this.#pages.set(href, known)
      touch(join(this.#folder, fileOf(href)), this.#clock.now())
      for (const link of known.links) this.#add(link, href)
    } else if (answer?.status === 200) this.#store(href, answer)
    else if (answer?.status !== 404 && answer?.status !== 410) this.#missed(href, known)
  }

  /** The last known version stays, with its old date. */
  #missed(href: string, known: KnownPage | undefined): void {
    this.#failed++
    if (known) this.#pages.set(href, known)
  }

  #store(href: string, { headers, body }: HttpAnswer): void {
    const type = headers.get('content-type') ?? 'text/html'
    if (!/^(?:text\/html|application\/xhtml\+xml)\b/i.test(type)) return
    try {
      const { markdown, title, links } = readHtml(decodePage(body, type))
      const [etag = null, lastModified = null] = [headers.get('etag'), headers.get('last-modified')]
      const page = { etag, lastModified, links }
      for (const link of links) this.#add(link, href)
      // A calendar or a search serves the same page under endless addresses.
      if (markdown.trim() === '' || this.#texts.has(markdown)) return
      this.#texts.add(markdown)
      this.#pages.set(href, page)
      const text = title === '' || /^# /m.test(markdown) ? markdown : `# ${title}\n\n${markdown}`
      const file = join(this.#folder, fileOf(href))
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeFileSync(file, withAddress(href, text), { mode: 0o600 })
      touch(file, this.#clock.now())
    } catch {
      this.#failed++
    }
  }

  async #robotsAt(url: URL): Promise<Robots> {
    const known = this.#robots.get(url.origin)
    if (known) return known
    const answer = await this.#get(new URL('/robots.txt', url).href, {}, longest.robots)
    const robots = robotsOf(answer?.status ?? 0, answer?.body.toString('utf8') ?? '')
    this.#robots.set(url.origin, robots)
    return robots
  }

  /** Null if there is no answer. Redirects are followed within the origin. @param leads decides about each */
  async #get(
    href: string,
    headers: Record<string, string>,
    mostOctets: number,
    leads: (to: URL) => boolean = () => true,
  ): Promise<HttpAnswer | null> {
    try {
      return await exchange(href, {
        ...{ headers: { 'user-agent': 'replyd', ...headers }, mostOctets, withinMs, reuse: true },
        follows: (from, to) => from.origin === to.origin && leads(to),
        signal: this.#signal,
      })
    } catch {
      return null
    }
  }

  /** @param isPartial the visit was cut short: a page that was not found may still exist */
  #keep(isPartial: boolean): void {
    for (const href of this.#known.keys()) {
      if (this.#pages.has(href)) continue
      if (isPartial && !this.#seen.has(href)) this.#pages.set(href, this.#known.get(href) as KnownPage)
      else rmSync(join(this.#folder, fileOf(href)), { force: true })
    }
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    writeFileSync(indexFile(this.#folder), JSON.stringify([...this.#pages]), { mode: 0o600 })
  }
}

/** A page as it was last read. */
export interface SitePage {
  url: string
  /** Relative to the pages' folder, with `/`. */
  file: string
  /** Null: it has no text, or was removed. */
  readAt: Date | null
}

/** Every page that is known, by address. */
export function sitePages(folder: string): SitePage[] {
  return [...readIndex(folder).keys()].sort().map((url) => {
    const file = fileOf(url)
    return { url, file, readAt: statSync(join(folder, file), { throwIfNoEntry: false })?.mtime ?? null }
  })
}

const indexFile = (folder: string) => join(folder, '.pages.json')

function readIndex(folder: string): Map<string, KnownPage> {
  try {
    return new Map(JSON.parse(readFileSync(indexFile(folder), 'utf8')))
  } catch {
    return new Map()
  }
}

function conditionsOf(known: KnownPage | undefined): Record<string, string> {
  return {
    ...(known?.etag ? { 'if-none-match': known.etag } : {}),
    ...(known?.lastModified ? { 'if-modified-since': known.lastModified } : {}),
  }
}

/** `/help` holds `/help` and `/help/returns`, not `/helper`. */
function isBelow(path: string, root: string): boolean {
  const base = root.replace(/\/[^/]*\.[^/]*$|\/$/, '')
  return path === root || path === base || path.startsWith(`${base}/`)
}

/** The address as a relative path: `shop.example/help/returns.md`. */
function fileOf(href: string): string {
  const { host, pathname, search } = new URL(href)
  const safe = (text: string) =>
    text
      .replace(/[^\p{L}\p{N}._=&-]+/gu, '_')
      .replace(/^\.+/, '_')
      .slice(0, 100)
  const steps = `${pathname}${search}`
    .split('/')
    .filter(Boolean)
    .map((step) => safe(decoded(step)))
  return `${[safe(host), ...(steps.length > 0 ? steps : ['index'])].join('/')}.md`
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

function touch(file: string, at: Date): void {
  try {
    utimesSync(file, at, at)
  } catch {
    // Somebody removed it: it is read again at the next visit, because it has no text.
  }
}
