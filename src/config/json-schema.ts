import { z } from 'zod'
import { Document } from './schema.ts'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** `${NAME}` or `${NAME:-text}` in place of any value. */
const variable = { type: 'string', pattern: '^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}$' } as const

/**
 * The JSON Schema (draft 2020-12) of replyd.yaml as its owner writes it, for editors. Where a value has to be a number,
 * true or false, or of a certain form, a variable is allowed in its place.
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

/** In place of the group of another model its name may stand, which becomes a group only when it is read. */
function namesOrGroups({ $defs }: JsonSchema): void {
  for (const property of Object.values($defs?.Model?.properties ?? {})) {
    if (typeof property === 'boolean' || !property.$ref?.endsWith('/OtherModel')) continue
    property.anyOf = [{ type: 'string', minLength: 1 }, { $ref: property.$ref }]
    delete property.$ref
  }
}
