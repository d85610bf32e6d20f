/** Builds the system message from a prompt file. */
import type { Prompt } from './messages.ts'

const placeholder = /\{\{\s*([a-z_]+)\s*\}\}/g

/** Names between double braces, in order of appearance. */
export function placeholderNames(body: string): string[] {
  return [...body.matchAll(placeholder)].map(([, name]) => name ?? '')
}

/** By prompt: most mails of an account have the same values. */
const last = new WeakMap<Prompt, { values: string; message: string }>()

/**
 * `Task: NAME`, then the body with its placeholders filled in. Values come from the configuration, never from a mail.
 * A name without a value stays as it is, so that the mistake is visible (loadPrompts rejects it earlier).
 */
export function systemMessage(prompt: Prompt, values: Readonly<Record<string, string>>): string {
  const given = JSON.stringify(values)
  const known = last.get(prompt)
  if (known?.values === given) return known.message
  const body = prompt.body.replace(placeholder, (whole, name: string) => values[name] ?? whole)
  const message = `Task: ${prompt.name}\n${body.trim()}`
  last.set(prompt, { values: given, message })
  return message
}
