// `node scripts/icons.mjs`: writes assets/icon-*.png from assets/icon.svg. Needs Chromium.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { root } from './sources.mjs'

const svg = readFileSync(join(root, 'assets/icon.svg'), 'utf8')
/** Launchers crop it to their own shape: colour up to the edge, the sign within the safe zone (80 %). */
const maskable = svg
  .replace('viewBox="0 0 32 32"', 'viewBox="-4 -4 40 40"')
  .replace('<rect width="32" height="32" rx="8"', '<rect x="-4" y="-4" width="40" height="40"')

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
for (const [name, size, drawing] of [
  ['icon-180', 180, maskable],
  ['icon-192', 192, svg],
  ['icon-512', 512, svg],
  ['icon-maskable-512', 512, maskable],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  const scaled = drawing.replace('<svg ', `<svg width="${size}" height="${size}" `)
  await page.setContent(`<body style="margin:0;background:transparent">${scaled}</body>`)
  await page.screenshot({ path: join(root, `assets/${name}.png`), omitBackground: true })
  await page.close()
}
await browser.close()
