import type { Question } from '../../src/demo/stand-in/prompt.ts'

/** A question about a mail, as the stand-in extracts it from a prompt. */
export const about = (mail: string, more: Partial<Question> = {}): Question => ({
  task: 'triage',
  facts: new Map(),
  mail,
  knowledge: [],
  blocks: new Map(),
  categories: [],
  ...more,
})
