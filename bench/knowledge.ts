/**
 * The knowledge of a large folder: `npm run knowledge-bench [-- MEGABYTES|FOLDER ...]`; without arguments 5 and 50.
 * Writes 2,000 files of made-up words with the frequencies of a real language (Zipf), with endings and headings, and
 * asks misspelt questions; or asks for passages of the Markdown and text files of a folder. Opens the files in a
 * separate process, and searches for known passages. Exit status 1 when the knowledge takes more than 300 MB, the
 * median search more than 50 ms of CPU time, or fewer than 9 of 10 passages are found.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { silentLog } from '../src/base/log.ts'
import { openKnowledge } from '../src/knowledge/knowledge.ts'

const files = 2000
const searches = 100
const targets = { megabytes: 300, ms: 50, found: 0.9 }

/** Mulberry32: the same folder on every machine. @returns [0, 1) */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const random = randomFrom(7)
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
const onsets = 'b br c ch d dr f fl g gl h j k l m n p pl pr r s sch sh st t th tr v w z'.split(' ')
const nuclei = 'a e i o u ä ö ü ei au ie'.split(' ')
const codas = ['', '', '', 'l', 'n', 'r', 's', 't', 'nd', 'ng', 'rt']
const endings = ['', '', '', '', 'e', 'en', 's', 'er', 'ung', 'lich', 'ing']

const stems = Array.from({ length: 60_000 }, (_, rank) => {
  const syllables = rank < 200 ? 1 : rank < 5000 ? 2 : 3
  return Array.from({ length: syllables }, () => pick(onsets) + pick(nuclei) + pick(codas)).join('')
})
/** Zipf: the word of rank r is r times as rare as the first. */
const word = (least = 1) => {
  const rank = Math.floor(least * (stems.length / least) ** random())
  return `${stems[Math.min(rank, stems.length - 1)]}${pick(endings)}`
}
const sentence = () => {
  const words = Array.from({ length: 8 + Math.floor(random() * 12) }, () => word())
  const [first = '', ...rest] = random() < 0.1 ? [...words, String(Math.floor(random() * 2000))] : words
  return `${first.charAt(0).toUpperCase()}${first.slice(1)} ${rest.join(' ')}.`
}

interface Question {
  file: string
  /** Made of the passage's own words. */
  queries: string[]
}

function misspelt(text: string): string {
  const at = 2 + Math.floor(random() * (text.length - 3))
  return text.slice(0, at) + text.slice(at + 1)
}

/** Four words of the passage, one of them misspelt, among words of the language. */
function questionOf(file: string, passage: string): Question {
  const rare = [...new Set(passage.match(/\p{L}{7,}/gu) ?? [])]
  const chosen = Array.from({ length: 4 }, () => pick(rare))
  const [one = '', other = '', third = '', fourth = ''] = chosen
  const around = () => Array.from({ length: 6 }, () => word()).join(' ')
  return {
    file,
    queries: [
      `${one} ${other}`,
      `${around()} ${third} ${misspelt(fourth)} ${around()}?`,
      ...Array.from({ length: 4 }, () => `${around()} ${one}`),
      `${other} ${third}`,
    ],
  }
}

function write(folder: string, megabytes: number): Question[] {
  mkdirSync(folder)
  const questions: Question[] = []
  for (let at = 0; at < files; at++) {
    let text = `# ${word(200)} ${word(50)}\n`
    let last = ''
    // A little less, because the last section exceeds the limit, and replyd reads no more than 50 MB.
    while (Buffer.byteLength(text) < (0.95 * megabytes * 1_000_000) / files) {
      last = Array.from({ length: 6 }, sentence).join(' ')
      text += `\n## ${word(100)} ${word(100)}\n\n${last}\n`
    }
    writeFileSync(join(folder, `${at}.md`), text)
    if (at % (files / searches) === 0) questions.push(questionOf(`${at}.md`, last))
  }
  return questions
}

/** As triage asks: a few consecutive words, a longer question with a misspelt word, and two distinctive words. */
function asked(passage: string): string[] {
  const words = passage.match(/\p{L}{2,}/gu) ?? []
  const telling = words.filter(({ length }) => length > 6)
  const inRow = (many: number) => {
    const at = Math.floor(random() * (words.length - many))
    return words.slice(at, at + many).join(' ')
  }
  return [
    ...[inRow(4), inRow(6), `${inRow(8)} ${misspelt(pick(telling))}?`],
    ...[`${pick(telling)} ${pick(telling)}`, `how does ${inRow(5)} work?`],
  ]
}

/** One passage from every few files. */
function questionsAbout(folder: string): Question[] {
  const names = readdirSync(folder).filter((name) => /\.(md|txt)$/.test(name))
  const every = Math.ceil(names.length / searches)
  return names
    .filter((_, at) => at % every === 0)
    .flatMap((file) => {
      const passages = readFileSync(join(folder, file), 'utf8')
        .split(/\n\s*\n/)
        .filter((text) => text.length < 900 && (text.match(/\p{L}{7,}/gu) ?? []).length > 8)
      return passages.length === 0 ? [] : [{ file, queries: asked(pick(passages)) }]
    })
}

/** Runs in a separate process and prints JSON. */
async function measure(folder: string, questions: readonly Question[]): Promise<void> {
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 20)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const started = performance.now()
  const startedCpu = process.cpuUsage()
  const knowledge = openKnowledge(folder, silentLog)
  const openMs = performance.now() - started
  delay.enable()
  await knowledge.settled()
  delay.disable()
  const settledMs = performance.now() - started
  const cpu = process.cpuUsage(startedCpu)
  const times: number[] = []
  let found = 0
  for (const { file, queries } of questions) {
    const begun = process.cpuUsage()
    const passages = knowledge.find({ queries, tokens: 2000, whole: 0 })
    const { user, system } = process.cpuUsage(begun)
    times.push((user + system) / 1000)
    if (passages.some((passage) => passage.file === file)) found++
    await new Promise((resolve) => setImmediate(resolve))
  }
  clearInterval(watch)
  times.sort((one, other) => one - other)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  most = Math.max(most, process.memoryUsage.rss())
  const megabytes = (octets: number) => Math.round(octets / 1_000_000)
  const figures = {
    ...{ passages: knowledge.size, openMs: Math.round(openMs), settledMs: Math.round(settledMs) },
    cpuMs: Math.round((cpu.user + cpu.system) / 1000),
    ...{ longestPauseMs: Math.round(delay.max / 1e6), medianMs: at(0.5), p90Ms: at(0.9) },
    ...{ found, of: questions.length },
    ...{ baseMegabytes: megabytes(before), mostMegabytes: megabytes(most) },
    nowMegabytes: megabytes(process.memoryUsage.rss()),
  }
  process.stdout.write(JSON.stringify(figures))
  knowledge.close()
}

function main(): number {
  const wanted = process.argv.slice(2)
  let status = 0
  for (const what of wanted.length > 0 ? wanted : ['5', '50']) {
    const directory = mkdtempSync(join(tmpdir(), 'replyd-knowledge-'))
    const isGiven = !/^\d+$/.test(what)
    const folder = isGiven ? what : join(directory, 'texts')
    const questions = isGiven ? questionsAbout(folder) : write(folder, Number(what))
    writeFileSync(join(directory, 'questions.json'), JSON.stringify(questions))
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...process.execArgv, import.meta.filename, 'measure', directory, folder],
      { encoding: 'utf8' },
    )
    rmSync(directory, { recursive: true })
    if (stdout === '') throw new Error(stderr)
    const figures = JSON.parse(stdout)
    const missed =
      figures.mostMegabytes - figures.baseMegabytes > targets.megabytes ||
      figures.medianMs > targets.ms ||
      figures.found < targets.found * figures.of
    if (missed) status = 1
    const name = isGiven ? 'given folder' : `${files} files, ${what} MB`
    process.stdout.write(`${name}${missed ? ', target missed' : ''}: ${JSON.stringify(figures)}\n`)
  }
  return status
}

const [mode, directory = '', measured = ''] = process.argv.slice(2)
if (mode === 'measure')
  await measure(measured, JSON.parse(readFileSync(join(directory, 'questions.json'), 'utf8')))
else process.exitCode = main()
