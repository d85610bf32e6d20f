/** Fits a question into a small context: knowledge and thread are shortened first, then the middle of the mail. */
import { OwnerActionError } from '../base/errors.ts'
import { octetsOf } from './chat.ts'
import { type Ask, ContextFault, type Model, ThoughtOnly } from './client.ts'
import type { Prompt } from './prompts.ts'

/** Steps of the search for the largest prompt that fits. */
const steps = 7
/** Minimum share of its limit that the mail keeps: with less, it can't be judged. */
const leastMail = 0.15

/** @param rest share of knowledge, thread and attachments to keep, 0-1; `mail` is the share of the mail */
function shrunk(prompt: Prompt, rest: number, mail: number): Prompt {
  const { limits } = prompt
  return {
    ...prompt,
    limits: {
      mail: Math.floor(limits.mail * mail),
      thread: Math.floor(limits.thread * rest),
      knowledge: Math.floor(limits.knowledge * rest),
      wholeFolder: Math.floor(limits.wholeFolder * rest),
      attachments: Math.floor(limits.attachments * rest),
    },
  }
}

/** The largest share from `least` to 1 that fits; `least` itself is known to fit. */
function largest(least: number, fits: (share: number) => boolean): number {
  let [low, high] = [least, 1]
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}

/** Maximum attempts: a model that says how much fits, or that it needs room to think, is asked again immediately. */
const mostTries = 4

/** @param attempt asks with a prompt fitted to what the model is known to accept by then */
export async function untilItFits<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const again = error instanceof ContextFault || error instanceof ThoughtOnly
      if (!again || tries === mostTries) throw error
    }
  }
}

/**
 * @param question built with a prompt whose limits say how much of each kind may be included
 * @throws OwnerActionError (scope `model`) if not even the instructions and a short mail fit
 */
export function fittingAsk<T>(
  question: (prompt: Prompt) => Ask<T>,
  prompt: Prompt,
  model: Pick<Model, 'name' | 'contextTokens' | 'inputOctets'>,
): Ask<T> {
  const whole = question(prompt)
  const room = model.inputOctets(whole.maxOutputTokens)
  if (octetsOf(whole.messages) <= room) return whole
  const fits = (rest: number, mail: number) => octetsOf(question(shrunk(prompt, rest, mail)).messages) <= room
  if (fits(0, 1))
    return question(
      shrunk(
        prompt,
        largest(0, (share) => fits(share, 1)),
        1,
      ),
    )
  if (fits(0, leastMail))
    return question(
      shrunk(
        prompt,
        0,
        largest(leastMail, (share) => fits(0, share)),
      ),
    )
  throw new OwnerActionError(
    'model',
    `the context of ${model.name}, ${model.contextTokens} tokens, is too small for the prompt ${prompt.name}: run it with more (llama.cpp: -c 8192)`,
  )
}
