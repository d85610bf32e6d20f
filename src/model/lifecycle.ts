/** When models leave the API. A hint for `doctor` and the start; /v1/models has the last word. */
import type { ListedModel } from './model.ts'

interface Shutdown {
  /** YYYY-MM-DD. */
  readonly on: string
  readonly replacement: string | null
}

/** From the provider's deprecations page (developers.openai.com/api/docs/deprecations), looked up 2026-11-24. */
const shutdowns: Readonly<Record<string, Shutdown>> = {
  'gpt-4o-mini': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-4o': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-4.1-mini': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-4.1': { on: '2027-01-14', replacement: 'gpt-6-luna' },
  'gpt-5': { on: '2026-12-10', replacement: 'gpt-6-luna' },
  'gpt-5-mini': { on: '2026-12-10', replacement: 'gpt-6-luna' },
  'gpt-5-nano': { on: '2026-12-10', replacement: 'gpt-6-luna' },
  'gpt-4.1-nano': { on: '2026-10-23', replacement: 'gpt-6-luna' },
  'gpt-3.5-turbo': { on: '2026-10-23', replacement: 'gpt-6-luna' },
}

const bareName = (name: string) =>
  name
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/-\d{4}(-\d{2}-\d{2})?$/, '')

/** The day on which OpenAI withdraws a model, YYYY-MM-DD; null when none is announced. */
export const shutdownOn = (name: string): string | null => shutdowns[bareName(name)]?.on ?? null

/**
 * What the owner should know about the model, in plain sentences; empty when all is well.
 * @param listed what /v1/models lists; null when it was not asked or gives nothing
 * @param today YYYY-MM-DD
 * @param official true for the provider whose dates the table holds: another server may keep a model of that name for ever
 */
export function modelWarnings(
  name: string,
  listed: readonly ListedModel[] | null,
  today: string,
  official: boolean,
): string[] {
  const known = official ? shutdowns[bareName(name)] : undefined
  const instead = known?.replacement
    ? `; set model.name to ${known.replacement}`
    : '; choose another model.name'
  const row = listed?.find(({ id }) => id === name)
  const date = row?.shutdown ?? known?.on ?? null
  const warnings: string[] = []
  if (listed && listed.length > 0 && !row) {
    const near = listed
      .map(({ id }) => id)
      .slice(0, 5)
      .join(', ')
    warnings.push(
      `the model ${name} is not in the server's list${known ? instead : ` (it has, for example, ${near})`}`,
    )
  }
  if (date && date <= today) warnings.push(`the model ${name} was due to be shut down on ${date}${instead}`)
  else if (date) warnings.push(`the model ${name} will be shut down on ${date}${instead}`)
  return warnings
}

/** Whether the table of shutdown dates speaks about this server. */
export function isOfficial(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && /(^|\.)openai\.com$/.test(new URL(baseUrl).hostname)
}
