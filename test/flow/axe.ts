import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const ofColours = { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }

/** What axe finds, and where. The page's context has bypassCSP. */
export async function axeFaults(page: Page, options: object = {}): Promise<(string | undefined)[][]> {
  if (await page.evaluate('typeof axe === "undefined"')) await page.addScriptTag({ path })
  const { violations } = (await page.evaluate(
    `axe.run(${JSON.stringify({ resultTypes: ['violations'], ...options })})`,
  )) as { violations: { id: string; nodes: { html: string }[] }[] }
  return violations.map(({ id, nodes }) => [id, nodes[0]?.html])
}

/** In dark mode only colours differ. */
export async function axeFaultsInLightAndDark(page: Page): Promise<(string | undefined)[][]> {
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await axeFaults(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  return [...light, ...(await axeFaults(page, ofColours))]
}
