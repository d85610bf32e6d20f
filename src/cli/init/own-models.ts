/** Finds models on this machine: asks the ports where their servers usually listen, on loopback only. */
import { silentLog } from '../../base/log.ts'
import { openModel } from '../../model/client.ts'
import type { Say } from '../terminal.ts'
import type { Asker } from './asker.ts'

export interface OwnModel {
  /** Of the program that usually listens at that port. */
  program: string
  /** With /v1. */
  baseUrl: string
  /** As the server lists them; at least one. */
  names: readonly string[]
}

const usual: readonly [program: string, port: number][] = [
  ['llama.cpp', 8080],
  ['Ollama', 11434],
  ['vLLM', 8000],
  ['LM Studio', 1234],
]
/** For one list, milliseconds. */
const patienceMs = 1500

/** Models of these names turn text into vectors, and answer nothing. */
const vectors = /embed|rerank|bge-|minilm/i

/** Servers that list a model; anything else that listens there is ignored. @param withinMs for one list, milliseconds */
export async function ownModels(ports = usual, withinMs = patienceMs): Promise<OwnModel[]> {
  const found = await Promise.all(
    ports.map(async ([program, port]) => {
      const baseUrl = `http://127.0.0.1:${port}/v1`
      const model = openModel({ name: '', baseUrl, apiKey: '', timeoutMs: withinMs }, silentLog)
      const listed = await model.listModels().catch(() => [])
      return { program, baseUrl, names: listed.map(({ id }) => id).filter((id) => id && !vectors.test(id)) }
    }),
  )
  return found.filter(({ names }) => names.length > 0)
}

/** Null when none was found, or the owner wants none of them. */
export async function chosenModel(
  found: readonly OwnModel[],
  asker: Asker,
  say: Say,
): Promise<{ baseUrl: string; name: string } | null> {
  for (const { program, baseUrl, names } of found) {
    await say(
      `\nA model answers on this machine (${baseUrl}, probably ${program}): ${names.slice(0, 5).join(', ')}.`,
    )
    await say(
      'Mail would not leave this machine. A small model judges and writes worse: see docs/local-models.md.',
    )
    if (!(await asker.confirm('Use it instead of OpenAI?', false))) continue
    const [first = ''] = names
    const fault = (text: string) => (names.includes(text) ? null : `the server does not list ${text}`)
    const name = names.length === 1 ? first : await asker.ask('Which model', first, { fault })
    return { baseUrl, name }
  }
  return null
}
