/**
 * The owner's web pages as knowledge: found by sitemaps and links within the named addresses, with robots.txt obeyed
 * (RFC 9309), and read by conditional requests (RFC 9110 section 13). Each page becomes a Markdown file named after its
 * address; the file's time is when the page was last read.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { reasonOf } from '../base/errors.ts'
import { exchange, type HttpAnswer } from '../base/http.ts'
import type { Log } from '../base/log.ts'
import { decodePage, readHtml } from './documents/html.ts'
import { DocumentFault, textVersion } from './documents/limits.ts'
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
  /** A server answered, with something other than its own failure. */
  reached: boolean
  /** Every named address that gave no page, and the first of the others that could not be read. */
  faults: SiteFault[]
}

export interface SiteFault {
  url: string
  /** For the owner. */
  reason: string
}

interface KnownPage {
  etag: string | null
  lastModified: string | null
  links: string[]
  /** Hash of its text. */
  digest?: string
  /** `textVersion` when it was read. */
  version?: number
}

/** Octets of a page or a sitemap, and of robots.txt. */
const longest = { page: 2_000_000, robots: 500_000 } as const
const longestUrl = 500
/** Of a file's or folder's name, UTF-16 units. */
const longestStep = 100
const withinMs = 20_000
/** For a whole visit, milliseconds. */
const visitMs = 30 * 60_000
/** Addresses of sitemaps, addresses that wait to be read, and faults that are told. */
const most = { sitemaps: 10, waiting: 10_000, faults: 10 } as const
const sitemapEntry = /<loc>\s*(?:<!\[CDATA\[\s*)?([^<\s\]]{1,500})\s*(?:\]\]>\s*)?<\/loc>/g
const redirected = 'it redirects to'
const fileInstead = 'it is not an HTML page: put the file into the knowledge folder'
const textInstead = 'it has no text without JavaScript: put its text into the knowledge folder'
/** What is not read, by the name's ending. */
const otherFiles = /\.(?:png|jpe?g|gif|svg|webp|ico|css|js|zip|pdf|docx?|mp[34]|xml|json)$/i

/** Reads the site once. Never rejects because of the site. @param folder holds nothing else */
export async function readSite(
  { urls, maxPages }: SiteSettings,
  folder: string,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<SiteReport> {
  const visit = new Visit(urls, maxPages, folder, { clock, signal })
  const { faults, reached, ...counts } = await visit.run()
  log.info({ event: 'knowledge.site', ...counts })
  for (const { url, reason } of faults.filter(({ url }) => urls.some((each) => hrefOf(each) === url)))
    log.warn({ event: 'knowledge.site-unread', url, reason })
  return { ...counts, reached, faults }
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
  /** Hashes of the texts. */
  readonly #texts = new Set<string>()
  readonly #faults = new Map<string, string>()
  #failed = 0
  #reached = false

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
    for (const root of this.#roots) this.#add(hrefOf(root.href))
    for (const root of this.#roots) await this.#readSitemaps(root)
    let at = 0
    for (; at < this.#waiting.length && this.#pages.size < this.#maxPages; at++) {
      if (this.#signal.aborted || this.#clock.now().getTime() > end) break
      await this.#readPage(this.#waiting[at] ?? '')
    }
    const cut = at < this.#waiting.length
    this.#keep(cut || this.#failed > 0)
    const reached = this.#reached
    return { pages: this.#pages.size, failed: this.#failed, cut, reached, faults: this.#told() }
  }

  #told(): SiteFault[] {
    const faults = [...this.#faults].map(([url, reason]) => ({ url, reason }))
    const [named, others] = [true, false].map((is) => faults.filter(({ url }) => this.#isNamed(url) === is))
    return [...(named ?? []), ...(others ?? []).slice(0, most.faults)]
  }

  #isNamed(href: string): boolean {
    return this.#roots.some((root) => hrefOf(root.href) === href)
  }

  async #readSitemaps(root: URL): Promise<void> {
    const robots = await this.#robotsAt(root)
    const usual = robots.allows('/sitemap.xml') ? [new URL('/sitemap.xml', root).href] : []
    const waiting = [...robots.sitemaps, ...usual]
    for (let at = 0; at < waiting.length && at < most.sitemaps; at++) {
      const url = waiting[at] ?? ''
      if (!URL.canParse(url) || new URL(url).origin !== root.origin) continue
      const answer = await this.#get(url, {}, longest.page)
      if (typeof answer === 'string' || answer.status !== 200) continue
      const text = answer.body.toString('utf8')
      const found = [...text.matchAll(sitemapEntry)].map(([, loc = '']) => loc.replaceAll('&amp;', '&'))
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
    this.#seen.add(url.href)
    if (otherFiles.test(url.pathname)) this.#noteNamed(url.href, fileInstead)
    else this.#waiting.push(url.href)
  }

  #isInside(url: URL): boolean {
    return this.#roots.some((root) => url.origin === root.origin && isBelow(url.pathname, root.pathname))
  }

  async #readPage(href: string): Promise<void> {
    const { pathname, search } = new URL(href)
    const robots = await this.#robotsAt(new URL(href))
    const known = existsSync(join(this.#folder, fileOf(href))) ? this.#known.get(href) : undefined
    if (robots.unknown) this.#missed(href, known, 'robots.txt could not be read')
    else if (!robots.allows(pathname + search)) this.#noteNamed(href, 'robots.txt forbids it')
    else {
      const leads = (to: URL) => this.#leads(href, to, robots)
      this.#use(href, await this.#get(href, conditionsOf(known), longest.page, leads), known)
    }
  }

  #use(href: string, answer: HttpAnswer | string, known: KnownPage | undefined): void {
    if (typeof answer === 'string') {
      const moved = answer.startsWith(redirected) && this.#isNamed(href)
      this.#missed(href, known, moved ? `${answer}: name that address instead` : answer)
    } else if (answer.status === 304 && known) {
      this.#pages.set(href, known)
      if (known.digest) this.#texts.add(known.digest)
      touch(join(this.#folder, fileOf(href)), this.#clock.now())
      for (const link of known.links) this.#add(link, href)
    } else if (answer.status === 200) this.#store(href, answer, known)
    else if (answer.status === 404 || answer.status === 410)
      this.#noteNamed(href, `HTTP ${answer.status}: no such page`)
    else this.#missed(href, known, `HTTP ${answer.status}`)
  }

  /**
   * An open redirect must not turn a stranger's page into the owner's; the owner knows where a named address leads, as
   * long as it is on the same host.
   */
  #leads(href: string, to: URL, robots: Robots): boolean {
    return (this.#isNamed(href) || this.#isInside(to)) && robots.allows(to.pathname + to.search)
  }

  /** The last known version stays, with its old date. */
  #missed(href: string, known: KnownPage | undefined, reason: string): void {
    this.#failed++
    this.#faults.set(href, reason)
    if (known) this.#pages.set(href, known)
  }

  /** That an address gives nothing matters only if the owner named it. */
  #noteNamed(href: string, reason: string): void {
    if (this.#isNamed(href)) this.#faults.set(href, reason)
  }

  #store(href: string, { headers, body }: HttpAnswer, known: KnownPage | undefined): void {
    const type = headers.get('content-type') ?? 'text/html'
    if (!/^(?:text\/html|application\/xhtml\+xml)\b/i.test(type)) {
      this.#noteNamed(href, fileInstead)
      return
    }
    try {
      const { markdown, title, links: written, base } = readHtml(decodePage(body, type))
      const links = base === null ? written : written.flatMap((link) => linkFrom(link, base, href))
      const [etag = null, lastModified = null] = [headers.get('etag'), headers.get('last-modified')]
      const digest = createHash('sha256').update(markdown).digest('base64url')
      const waiting = this.#waiting.length
      for (const link of links) this.#add(link, href)
      // An overview needs no text of its own.
      if (markdown.trim() === '' && this.#waiting.length === waiting) this.#noteNamed(href, textInstead)
      // A calendar or a search serves the same page under endless addresses.
      if (markdown.trim() === '' || this.#texts.has(digest)) return
      this.#texts.add(digest)
      const text = title === '' || /^# /m.test(markdown) ? markdown : `# ${title}\n\n${markdown}`
      const file = join(this.#folder, fileOf(href))
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeFileSync(file, withAddress(href, text), { mode: 0o600 })
      touch(file, this.#clock.now())
      this.#pages.set(href, { etag, lastModified, links, digest, version: textVersion })
    } catch (error) {
      this.#missed(href, known, error instanceof DocumentFault ? error.message : 'it could not be stored')
    }
  }

  async #robotsAt(url: URL): Promise<Robots> {
    const known = this.#robots.get(url.origin)
    if (known) return known
    const answer = await this.#get(new URL('/robots.txt', url).href, {}, longest.robots)
    const robots =
      typeof answer === 'string' ? robotsOf(0, '') : robotsOf(answer.status, answer.body.toString('utf8'))
    this.#robots.set(url.origin, robots)
    return robots
  }

  /** @returns why there is no answer. Redirects are followed within the origin. @param leads decides about each */
  async #get(
    href: string,
    headers: Record<string, string>,
    mostOctets: number,
    leads: (to: URL) => boolean = () => true,
  ): Promise<HttpAnswer | string> {
    let refused: URL | null = null
    try {
      const answer = await exchange(href, {
        ...{ headers: { 'user-agent': 'replyd', ...headers }, mostOctets, withinMs, reuse: true },
        follows: (from, to) => {
          const follows = from.origin === to.origin && leads(to)
          if (!follows) refused = to
          return follows
        },
        signal: this.#signal,
      })
      this.#reached ||= answer.status < 500
      return answer
    } catch (error) {
      const to = refused as URL | null
      return to === null ? reasonOf(error) : `${redirected} ${to.origin}${to.pathname}`
    }
  }

  /** @param isPartial the visit was cut short: a page that was not found may still exist */
  #keep(isPartial: boolean): void {
    const gone: string[] = []
    for (const href of this.#known.keys()) {
      if (this.#pages.has(href)) continue
      if (isPartial && !this.#seen.has(href)) this.#pages.set(href, this.#known.get(href) as KnownPage)
      else gone.push(fileOf(href))
    }
    // `/help` and `/help/` share one.
    const files = new Set([...this.#pages.keys()].map(fileOf))
    for (const file of gone) if (!files.has(file)) rmSync(join(this.#folder, file), { force: true })
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const index = indexFile(this.#folder)
    writeFileSync(index, JSON.stringify([...this.#pages]), { mode: 0o600 })
    // After a restart, a visit that was stopped is due.
    if (this.#signal.aborted) touch(index, new Date(0))
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

/** Its time is that of the last visit. */
export const indexFile = (folder: string) => join(folder, '.pages.json')

function readIndex(folder: string): Map<string, KnownPage> {
  try {
    return new Map(JSON.parse(readFileSync(indexFile(folder), 'utf8')))
  } catch {
    return new Map()
  }
}

/** None if this version of replyd would read the page differently. */
function conditionsOf(known: KnownPage | undefined): Record<string, string> {
  if (known?.version !== textVersion) return {}
  return {
    ...(known.etag ? { 'if-none-match': known.etag } : {}),
    ...(known.lastModified ? { 'if-modified-since': known.lastModified } : {}),
  }
}

/** A link as an absolute address; none if it leads nowhere. @param base as the page states it */
function linkFrom(link: string, base: string, href: string): string[] {
  const from = URL.canParse(base, href) ? new URL(base, href).href : href
  return URL.canParse(link, from) ? [new URL(link, from).href] : []
}

/** Without its fragment. */
function hrefOf(address: string): string {
  const url = new URL(address)
  url.hash = ''
  return url.href
}

/** `/help` holds `/help` and `/help/returns`, not `/helper`. */
function isBelow(path: string, root: string): boolean {
  const base = root.replace(/\/[^/]*\.[^/]*$|\/$/, '')
  return path === root || path === base || path.startsWith(`${base}/`)
}

/** The address as a relative path: `shop.example/help/returns.md`. */
function fileOf(href: string): string {
  const { host, pathname, search } = new URL(href)
  const safe = (text: string) => text.replace(/[^\p{L}\p{N}._=&-]+/gu, '_').replace(/^\.+/, '_')
  const steps = `${pathname}${search}`
    .split('/')
    .filter(Boolean)
    .map((step) => short(safe(decoded(step))))
  return `${[safe(host), ...(steps.length > 0 ? steps : ['index'])].join('/')}.md`
}

/** The names of two pages must not become the same. */
function short(name: string): string {
  if (name.length <= longestStep) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.slice(0, longestStep - 9)}-${hash}`
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

export function touch(file: string, at: Date): void {
  try {
    utimesSync(file, at, at)
  } catch {
    // Somebody removed it: it is read again at the next visit, because it has no text.
  }
}
