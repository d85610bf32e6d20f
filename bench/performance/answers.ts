/** The answers of the bench's model: the same for each mail, so that only the path is measured. */

/** The owner's only file of knowledge: a reply without a source is not sent automatically. */
export const knowledge = '# Opening hours\n\nWe open from Monday to Saturday at ten and close at six.\n'

const verdict = {
  spam: { is: false, kind: 'none', confidence: 0.9 },
  sentiment: { label: 'neutral', intensity: 0.1 },
  language: 'en',
  category: 'other',
  urgency: 1,
  needs_reply: true,
  manipulation: false,
  summary: 'Asks when the shop is open.',
  confidence: 0.95,
}

const composed = {
  text: `Hello,\n\nThe doors open at ten. They close at six, Monday through Saturday.\n\nKind regards`,
  language: 'en',
  answers: [{ ask: 'When is the shop open?', answered: true, source: 'hours.md > Opening hours' }],
  missing: [],
  confidence: 0.95,
  needs_person: false,
}

/** Judges more sentences than the reply has: replyd reads those that exist. */
const checked = {
  sentences: [1, 2, 3, 4, 5].map((n) => ({
    n,
    evidence: 'We open from Monday to Saturday at ten',
    against: '',
    verdict: 'supported',
    source: 'K1',
  })),
  asks: [],
  language: true,
  name: true,
  address: true,
  leak: false,
  promise: false,
  obeys: false,
}

export type Task = 'triage' | 'compose' | 'check'

/**
 * Distinguishes requests: `Task: compose` is in replyd's prompt and in that of the tutorial worker. Within a message
 * the quotation marks of a schema's name would be escaped.
 */
export function taskOf(body: string): Task {
  if (body.includes('"name":"check"')) return 'check'
  return body.includes('Task: compose') ? 'compose' : 'triage'
}

/** The name in a mail's subject; see mails.ts. */
export const tokenIn = (body: string): string => /\bopening hours (b\w+)/.exec(body)?.[1] ?? ''

const envelope = (content: object) =>
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'bench',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: JSON.stringify(content), refusal: null },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 700, completion_tokens: 120, total_tokens: 820 },
  })

export const completions: Readonly<Record<Task, Buffer>> = {
  triage: Buffer.from(envelope(verdict)),
  compose: Buffer.from(envelope(composed)),
  check: Buffer.from(envelope(checked)),
}
