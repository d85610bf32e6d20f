import type { Override, StandInRequest } from '../../../src/demo/stand-in.ts'
import { answerFor } from '../model.ts'
import type { Moment } from '../moment.ts'

/** Faults that a retry overcomes: each hits a triage and a compose call. */
function passing(
  name: string,
  fault: (request: StandInRequest) => Override,
  more: Partial<Moment> = {},
): Moment {
  return {
    name: `model: ${name}`,
    async inject(world) {
      const tasks = new Set(['triage', 'compose'])
      const fired = new Promise<void>((resolve) => {
        world.modelFault = (request) => {
          const { task } = request.question
          if (task === null || !tasks.delete(task)) return undefined
          if (tasks.size === 0) {
            world.modelFault = () => undefined
            resolve()
          }
          return fault(request)
        }
      })
      await world.deliver(['send', 'draft', 'spam'])
      await fired
    },
    ...more,
  }
}

/** If the answer is as bad at the second try, the mail goes to a person; after a refusal there is no second try. */
const lasting = (name: string, fault: (request: StandInRequest) => Override): Moment => ({
  name: `model: ${name}`,
  alsoFine: ['held'],
  async inject(world) {
    const fired = new Promise<void>((resolve) => {
      let left = 4
      world.modelFault = (request) => {
        if (--left < 0) return undefined
        resolve()
        return fault(request)
      }
    })
    await world.deliver(['send', 'draft', 'spam'])
    await fired
  },
})

const tenMegabytes = { choices: [{ message: { content: ' '.repeat(10 * 2 ** 20) } }] }

const truncated = (request: StandInRequest) => String(answerFor(request).content).slice(0, 40)

export const modelMoments: readonly Moment[] = [
  passing('429 with Retry-After', () => ({
    status: 429,
    headers: { 'retry-after': '1' },
    body: { error: { message: 'slow down', code: 'rate_limit_exceeded' } },
  })),
  passing('500', () => ({ status: 500, body: { error: { message: 'oops' } } })),
  passing('time-out', () => ({ connection: 'hang' }), { mostRounds: 10 }),
  passing('connection reset mid-body', () => ({ connection: 'half' })),
  passing('connection closed', () => ({ connection: 'close' })),
  lasting('truncated JSON', (request) => ({ content: truncated(request) })),
  lasting('empty content', () => ({ content: '' })),
  lasting('refusal', () => ({ refusal: 'I can not help with that.' })),
  lasting('finish_reason: length', (request) => ({ content: truncated(request), finishReason: 'length' })),
  lasting('not JSON at all', () => ({ content: 'Sure! Here is what I think.' })),
  lasting('valid JSON of the wrong shape', () => ({ content: '{"spam":[],"text":7}' })),
  // As a whole body: the stand-in cuts an answer at the client's limit, which a broken server doesn't.
  lasting('10 MB of whitespace', () => ({ status: 200, body: tenMegabytes })),
]
