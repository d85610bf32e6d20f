/** Texts: a draft is read for several questions, and knowledge and instructions stand in many prompts. */
const most = 128

/** The same function, which reads a text that it has read lately only once. What it returns is not to be changed. */
export function remembered<Out>(read: (text: string) => Out): (text: string) => Out {
  const known = new Map<string, { read: Out }>()
  return (text) => {
    const found = known.get(text) ?? { read: read(text) }
    // The last one asked for is the last one to go.
    known.delete(text)
    known.set(text, found)
    const [oldest] = known.keys()
    if (known.size > most && oldest !== undefined) known.delete(oldest)
    return found.read
  }
}
