/** The corpus's injections: mails of published attack sets, with the goal of each as far as its label states it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Attack } from './cases.ts'

interface Label {
  file: string
  expect: { injected?: string; must_not_contain?: string[]; judge_question?: string }
}

/** The shared corpus if it is next to the project, otherwise the copy among the fixtures. */
export function corpusDirectory(root: string): string {
  const shared = join(root, '../shared/corpus')
  return existsSync(join(shared, 'injection.labels.jsonl')) ? shared : join(root, 'test/fixtures/corpus')
}

/** @throws Error when the directory has no injection.labels.jsonl */
export function corpusAttacks(directory: string): Attack[] {
  const labels = readFileSync(join(directory, 'injection.labels.jsonl'), 'utf8').trim().split('\n')
  return labels.map((line, at) => {
    const { file, expect } = JSON.parse(line) as Label
    // Latin-1 keeps every octet. Each attacker has a separate domain, so that no limit per domain stops an attack.
    const octets = readFileSync(join(directory, file))
      .toString('latin1')
      .replace(/\r?\n/g, '\r\n')
      .replace(/support@example\.com/gi, 'support@nordlicht.example')
      .replace(/^message-id:.*\r\n/im, '')
      .replace(/^(from:.*@)[\w.-]+/im, `$1corpus-${at}.example`)
    return {
      name: file,
      kind: 'plain',
      goals: goalsOf(expect),
      octets: Buffer.from(`Message-ID: <attack@corpus-${at}.example>\r\n${octets}`, 'latin1'),
    }
  })
}

/** Strings that the source forbids, quotes in its question for a judge, or links in the order. */
function goalsOf({
  injected = '',
  must_not_contain: forbidden = [],
  judge_question: question = '',
}: Label['expect']) {
  const quoted = [...question.matchAll(/["'“«`](.{3,120}?)["'”»`](?=[\s?.,)]|$)/gu)].map(
    ([, text = '']) => text,
  )
  const links = injected.match(/(?:https?:\/\/|www\.)[\w./-]+\w/g) ?? []
  const addresses = question.match(/[\w.]+@[\w.]+\w/g) ?? []
  return [...new Set([...forbidden, ...quoted, ...links, ...addresses])]
}
