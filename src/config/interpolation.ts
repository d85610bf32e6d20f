/** `${VARIABLE}` in the configuration and the `.env` file next to it. */

export type Environment = Readonly<Record<string, string | undefined>>

const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?/g

interface Interpolation {
  readonly text: string
  /** What is wrong, for the owner; never contains a value. */
  readonly faults: readonly string[]
}

/**
 * Replaces each `${NAME}` by the variable's value and `${NAME:-text}` by the text if it is not set; `$${` is a
 * literal `${`. Values are not scanned again, so a secret may contain any characters.
 */
export function interpolate(text: string, environment: Environment): Interpolation {
  const faults: string[] = []
  const replaced = text.replace(
    reference,
    (whole, name: string | undefined, fallback: string | undefined) => {
      if (whole === '$${') return '${'
      if (name === undefined) {
        faults.push(`a reference to a variable is written \${NAME}`)
        return ''
      }
      const value = environment[name]
      if (value !== undefined && value !== '') return value
      if (fallback !== undefined) return fallback
      faults.push(`the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}`)
      return ''
    },
  )
  return { text: replaced, faults }
}

const assignment =
  /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|(.*?))[ \t]*(?:\s#.*)?$/gm

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * Reads `NAME=value` lines. Unlike util.parseEnv of Node 20, a `#` inside an unquoted value belongs to the value (a
 * comment needs a space before it); otherwise passwords would be silently cut.
 */
export function parseDotEnv(text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [, name, double, single, bare] of text.replace(/\r\n?/g, '\n').matchAll(assignment)) {
    const quoted = double?.replace(/\\([\s\S])/g, (_, character: string) => escapes[character] ?? character)
    if (name !== undefined) variables[name] = quoted ?? single ?? bare ?? ''
  }
  return variables
}
