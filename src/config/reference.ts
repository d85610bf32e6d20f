/** Generates docs/configuration.md from the schema, so that it can't become outdated. */

import * as z from 'zod'
import { accountVariables, commonVariables } from './from-environment.ts'
import { Document } from './schema.ts'
import { formatPath } from './source.ts'

type Node = JsonSchema | boolean | undefined

const introduction = `# Configuration reference

This page is generated from the schema (\`npm run reference\`); a test fails when it is out of date.

replyd reads \`replyd.yaml\` in the working directory, or the file that \`--config\` or \`REPLYD_CONFIG\` names. Without a file it
reads [environment variables](#environment-variables) alone. Every unknown key and every bad value is reported with its line, all of
them at once, and replyd exits with status 2. \`replyd config\` prints what it understood as a configuration
that can be used again: defaults written out, paths absolute, variables instead of secrets.

- **Secrets**: \`\${NAME}\` in a value is replaced by the environment variable of that name, or by the one in a file \`.env\` next to the
  configuration; the environment wins. \`\${NAME:-text}\` supplies a text to use if it is not set, \`$\${\` a literal \`\${\`. A variable that is not set is an error.
- **Durations** are a number and a unit: \`500ms\`, \`30s\`, \`15m\`, \`12h\`, \`7d\`, \`2w\`.
- **Paths** that are relative start from the folder of the configuration file.
- **TLS**: with \`secure: false\` STARTTLS is required. Plain text is refused except on loopback (\`localhost\`, \`127.0.0.0/8\`, \`::1\`), unless the
  account says \`allowPlaintext: true\`. A server on loopback that offers STARTTLS needs a trusted certificate as well; its name does not matter there.
- **Editors** complete and check the file with the JSON Schema that comes with the package. First line of the file:
  \`# yaml-language-server: $schema=./node_modules/replyd/replyd.schema.json\`
`

const environmentIntroduction = `## Environment variables

Without a file, \`REPLYD_ADDRESS\`, \`IMAP_URL\`, \`SMTP_URL\` and \`OPENAI_API_KEY\` are enough. With one, the first table is not read and the
second only fills in what the file leaves out.

\`IMAP_URL\` is \`imaps://user:password@host:993\` and \`SMTP_URL\` is \`smtps://user:password@host:465\`, user and password percent-encoded
(\`@\` is \`%40\`, \`/\` is \`%2F\`). \`imap://\` and \`smtp://\` mean STARTTLS. If omitted, the user defaults to the address, and SMTP's user and password to IMAP's.

| variable | key |
|---|---|
| \`IMAP_URL\` | \`accounts[0].imap\` |
| \`SMTP_URL\` | \`accounts[0].smtp\` |
`

/** The whole page, ending with a newline. */
export function configurationReference(): string {
  const schema = configJsonSchema()
  const sections = Object.entries(schema.$defs ?? {}).map(([name, group]) =>
    section(`\`${headings[name] ?? name}\``, described(group, schema)),
  )
  return [
    introduction,
    section('Top level', { ...described(schema, schema), description: undefined }),
    ...sections,
    environmentSection(),
  ].join('\n')
}

/** The group with the descriptions of its groups instead of bare references. */
function described(group: JsonSchema, { $defs }: JsonSchema): JsonSchema {
  const properties = Object.entries(group.properties ?? {}).map(([name, node]) => {
    if (typeof node === 'boolean') return [name, node] as const
    return [name, { ...node, description: node.description ?? $defs?.[nameOf(node)]?.description }] as const
  })
  return { ...group, properties: Object.fromEntries(properties) }
}

const nameOf = (node: JsonSchema) => node.$ref?.split('/').at(-1) ?? ''

/** Position of the groups in the file. */
const headings: Readonly<Record<string, string>> = {
  Account: 'accounts[]',
  Imap: 'accounts[].imap',
  Smtp: 'accounts[].smtp',
  OAuth2: 'accounts[].imap.oauth2',
  Attachments: 'attachments',
  Category: 'categories[]',
  Knowledge: 'knowledge',
  Lookup: 'lookups[]',
  LookupWhen: 'lookups[].when',
  LookupHttp: 'lookups[].http',
  LookupSql: 'lookups[].sql',
  Answer: 'answers[]',
  AnswerWhen: 'answers[].when',
  Replies: 'replies',
  Spam: 'spam',
  Model: 'model',
  OtherModel: 'model.triage, compose, check, fallback',
  Budget: 'budget',
  Digest: 'digest',
  Web: 'web',
  Webhook: 'webhooks[]',
  State: 'state',
  Log: 'log',
}

function section(heading: string, group: JsonSchema): string {
  const description = group.description ? `${group.description}.\n\n` : ''
  return `## ${heading}\n\n${description}| key | type | default | meaning |\n|---|---|---|---|\n${rows(group, '').join('\n')}\n`
}

function rows(group: JsonSchema, prefix: string): string[] {
  return Object.entries(group.properties ?? {}).flatMap(([name, node]) => {
    if (typeof node === 'boolean') return []
    const needed = group.required?.includes(name) ? '**required**' : ''
    const preset = node.default === undefined ? needed : `\`${JSON.stringify(node.default)}\``
    const row = `| \`${prefix}${name}\` | ${typeOf(node)} | ${preset} | ${cell(node.description ?? '')} |`
    return node.properties ? [row, ...rows(node, `${prefix}${name}.`)] : [row]
  })
}

function typeOf(node: Node): string {
  if (node === undefined || typeof node === 'boolean') return ''
  if (node.$ref) return `[group](#${anchor(headings[nameOf(node)] ?? '')})`
  if (node.anyOf?.some((one) => typeof one !== 'boolean' && one.$ref))
    return node.anyOf.map(typeOf).join(' or ')
  if (node.anyOf) return typeOf(node.anyOf[0])
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ')
  if (node.type === 'array') return `list of ${Array.isArray(node.items) ? '' : typeOf(node.items)}`
  if (node.type === 'object') return 'group'
  if (node.type === 'boolean') return 'true, false'
  if (node.type === 'number' || node.type === 'integer') return bounds(node)
  if (!node.pattern?.includes('(ms|s|m|h|d|w)')) return 'text'
  return node.pattern.includes('now|all') ? '`now`, `all`, duration' : 'duration'
}

function bounds({ minimum, maximum }: JsonSchema): string {
  if (maximum === undefined || maximum > 65_535) return 'number'
  return `${minimum ?? 0} to ${maximum}`
}

/** GitHub's anchor of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9_ -]/g, '')
    .replaceAll(' ', '-')

const cell = (text: string) => text.replaceAll('|', '\\|')

function environmentSection(): string {
  const table = (variables: typeof commonVariables) =>
    variables.map(({ name, path }) => `| \`${name}\` | \`${formatPath(path)}\` |`).join('\n')
  return `${environmentIntroduction}${table(accountVariables)}

| variable | key |
|---|---|
${table(commonVariables)}
| \`REPLYD_LISTEN\` | \`web.host\` and \`web.port\`, written \`host:port\` |

\`REPLYD_CONFIG\` names the file, \`REPLYD_DEBUG=1\` adds the stack to an error message.
`
}

type JsonSchema = z.core.JSONSchema.BaseSchema

/** `${NAME}` or `${NAME:-text}` instead of a value. */
const variable = { type: 'string', pattern: '^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$' } as const

/**
 * The JSON Schema (draft 2020-12) of replyd.yaml, for editors. A variable is allowed instead of each value that
 * has to be a number, true or false, or of a certain form.
 */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(Document, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const narrow =
        jsonSchema.enum ||
        jsonSchema.pattern ||
        ['number', 'integer', 'boolean'].includes(String(jsonSchema.type))
      if (!narrow) return
      const { description, default: preset, ...rest } = jsonSchema
      for (const name of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, name)
      Object.assign(jsonSchema, { anyOf: [rest, variable] })
      if (description !== undefined) jsonSchema.description = description
      if (preset !== undefined) jsonSchema.default = preset
    },
  })
  namesOrGroups(schema)
  return {
    ...schema,
    title: 'replyd.yaml',
    description: 'Configuration of replyd, a daemon that answers a mailbox',
  }
}

/** A model's name, and that of a knowledge folder, is allowed instead of its group; it becomes a group when read. */
function namesOrGroups({ properties, $defs }: JsonSchema): void {
  const groups = [
    ...Object.values(properties ?? {}),
    ...Object.values($defs ?? {}).flatMap((group) => Object.values(group.properties ?? {})),
  ]
  for (const property of groups) {
    if (typeof property === 'boolean' || !/\/(?:OtherModel|Knowledge)$/.test(property.$ref ?? '')) continue
    property.anyOf = [{ type: 'string', minLength: 1 }, { $ref: property.$ref }]
    delete property.$ref
  }
}
