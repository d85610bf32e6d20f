/** What is said to a model and what it costs, as plain values shared by the prompts, the model adapter and the budget. */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** Tokens of one or more calls as the provider counted them. `input` includes `cachedInput`. */
export interface Usage {
  input: number
  cachedInput: number
  output: number
}

export const noUsage: Usage = { input: 0, cachedInput: 0, output: 0 }

export function addUsage(one: Usage, other: Usage): Usage {
  return {
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    output: one.output + other.output,
  }
}
