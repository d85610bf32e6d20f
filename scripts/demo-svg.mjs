// Records `replyd demo` and writes docs/demo.svg: an animation of the terminal without scripts or embedded fonts.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './sources.mjs'

const columns = 80
const rows = 26
/** Pixels of one character cell. */
const cell = { width: 8.5, height: 18 }
const margin = 14
/** Seconds: between lines at most, at the end, and of the whole picture. */
const longestPause = 0.9
const rest = 5

/** The lines of the demo, each with the second at which it was written. */
async function record() {
  const { OPENAI_API_KEY: _, ...env } = process.env
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'demo', '--exit'], {
    env: { ...env, COLUMNS: String(columns), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = []
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece
    const whole = text.split('\n')
    text = whole.pop() ?? ''
    const at = performance.now() / 1000
    for (const line of whole) lines.push({ line, at })
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  if (status !== 0) throw new Error(`the demo ended with status ${status}`)
  return [{ line: '$ npm run --silent demo', at: (lines[0]?.at ?? 0) - longestPause }, ...lines]
}

/** The recorded times without long pauses; lines that were written together appear one after the other. */
function paced(lines) {
  let at = 0
  return lines.map(({ line, at: then }, i) => {
    const before = lines[i - 1]?.at ?? then
    at += Math.min(longestPause, Math.max(0.06, then - before))
    return { line, at }
  })
}

const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign])

function classOf(line) {
  if (/^ *\d+\/\d+ |^\$|^(Summary|One of them|Review page|Now yours)/.test(line)) return 'b'
  if (/^ +Reply saved/.test(line)) return 'g'
  if (/^ +(Moved to Junk|Waiting)/.test(line)) return 'r'
  return /^ +(not spam|spam) \(/.test(line) ? 'd' : ''
}

/** One frame for each moment at which lines scroll: the text moves up as a whole. */
function picture(lines) {
  const total = (lines.at(-1)?.at ?? 0) + rest
  const share = (at) => `${((100 * at) / total).toFixed(2)}%`
  const texts = lines
    .map(({ line }, i) =>
      line === ''
        ? ''
        : `<text class="${['l', classOf(line)].filter(Boolean).join(' ')}" style="animation-name:a${i}" y="${(i + 1) * cell.height}">${escaped(line)}</text>`,
    )
    .join('\n')
  const appear = lines.map(
    ({ at }, i) => `@keyframes a${i}{0%,${share(at)}{opacity:0}${share(at + 0.01)},100%{opacity:1}}`,
  )
  const scrolled = lines.flatMap(({ at }, i) =>
    i < rows - 1 ? [] : [`${share(at)}{transform:translateY(-${(i - rows + 2) * cell.height}px)}`],
  )
  const width = columns * cell.width + 2 * margin
  const height = rows * cell.height + 2 * margin
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The demo of replyd in a terminal">
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d6deeb;white-space:pre}
.l{animation-duration:${total.toFixed(2)}s;animation-iteration-count:infinite;animation-timing-function:step-end}
.b{fill:#fff;font-weight:bold}.g{fill:#7fd88f}.r{fill:#ff9f8a}.d{fill:#8a94a6}
.s{animation:s ${total.toFixed(2)}s step-end infinite}
@keyframes s{0%{transform:translateY(0)}${scrolled.join('')}}
${appear.join('\n')}
@media (prefers-reduced-motion:reduce){.l,.s{animation:none}}
</style>
<rect width="100%" height="100%" rx="8" fill="#11151c"/>
<svg x="${margin}" y="${margin}" width="${width - 2 * margin}" height="${height - 2 * margin}" overflow="hidden">
<g class="s">
${texts}
</g>
</svg>
</svg>
`
}

const svg = picture(paced(await record()))
writeFileSync(join(root, 'docs/demo.svg'), svg)
process.stderr.write(`docs/demo.svg: ${(svg.length / 1024).toFixed(0)} KB\n`)
