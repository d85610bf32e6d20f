/** The JSON Schema sent with a question, if the endpoint accepts one. */
import { z } from 'zod'

/** Default bounds: characters of a string, and entries of a list. */
const shortText = 200
const shortList = 10
/** The longest bound that is sent: llama.cpp refuses a grammar with longer ones. */
const longestText = 1500

const made = new WeakMap<z.ZodType, Map<boolean, object>>()

/**
 * Every key is required and no other is allowed, as OpenAI's strict mode requires.
 * @param bounded strings and lists get an upper bound: without one a small model may never end. OpenAI refuses such
 * bounds.
 */
export function wireSchema(schema: z.ZodType, bounded: boolean): object {
  const forms = made.get(schema) ?? new Map<boolean, object>()
  made.set(schema, forms)
  const form = forms.get(bounded) ?? newWireSchema(schema, bounded)
  forms.set(bounded, form)
  return form
}

type Node = z.core.JSONSchema.BaseSchema

function newWireSchema(schema: z.ZodType, bounded: boolean): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    // Accepted deviations (a number as a string) are omitted: zod decides when the answer arrives.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      close(jsonSchema)
      if (bounded) bound(jsonSchema)
      else for (const name of ['maxLength', 'minLength']) Reflect.deleteProperty(jsonSchema, name)
    },
  })
  return rest
}

function close(node: Node): void {
  const names = Object.keys(node.properties ?? {})
  if (names.length > 0) Object.assign(node, { required: names, additionalProperties: false })
}

function bound(node: Node): void {
  if (node.type === 'string' && !node.enum)
    node.maxLength = Math.min(node.maxLength ?? shortText, longestText)
  if (node.type === 'array') node.maxItems ??= shortList
}
