/** The JSON Schema sent with a question, if the endpoint accepts one. */
import * as z from 'zod'

/** Default bounds: characters of a string, and entries of a list. */
const shortText = 200
const shortList = 6
/** Characters of a text in a list. All lists together must fit into the tokens that an answer may have. */
const listedText = 100
/** The longest bound that is sent: llama.cpp refuses a grammar with longer ones. */
const longestText = 1500

const made = new WeakMap<z.ZodType, Map<boolean, object>>()

/**
 * Every key is required and no other is allowed, as OpenAI's strict mode requires.
 * @param bounded strings and lists get an upper bound: without one a small model may never end. OpenAI refuses such
 * bounds.
 */
export function wireSchema(schema: z.ZodType, bounded: boolean): object {
  const shape = shapeOf(schema)
  const forms = made.get(shape) ?? new Map<boolean, object>()
  made.set(shape, forms)
  const form = forms.get(bounded) ?? newWireSchema(shape, bounded)
  forms.set(bounded, form)
  return form
}

/** The schema before any transformation of the answer: it is all that is sent, and many questions share it. */
function shapeOf(schema: z.ZodType): z.ZodType {
  const isTransformed = schema instanceof z.ZodPipe && !(schema.def.in instanceof z.ZodTransform)
  return isTransformed ? shapeOf(schema.def.in as z.ZodType) : schema
}

type Node = z.core.JSONSchema.BaseSchema

function newWireSchema(schema: z.ZodType, bounded: boolean): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    // Accepted deviations (a number as a string) are omitted: zod decides when the answer arrives.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      close(jsonSchema)
      if (!bounded) for (const name of ['maxLength', 'minLength']) Reflect.deleteProperty(jsonSchema, name)
    },
  })
  if (bounded) bound(rest)
  return rest
}

function close(node: Node): void {
  const names = Object.keys(node.properties ?? {})
  if (names.length > 0) Object.assign(node, { required: names, additionalProperties: false })
}

/** @param listed whether it is an item of a list */
function bound(node: Node, listed = false): void {
  if (node.type === 'string' && !node.enum)
    node.maxLength = Math.min(node.maxLength ?? shortText, listed ? listedText : longestText)
  const { items } = node
  if (node.type === 'array' && isNode(items)) {
    node.maxItems =
      items.type === 'string' ? Math.min(node.maxItems ?? shortList, shortList) : (node.maxItems ?? shortList)
    bound(items, true)
  }
  const inside = [...Object.values(node.properties ?? {}), ...(node.anyOf ?? [])]
  for (const each of inside) if (isNode(each)) bound(each, listed)
}

const isNode = (node: unknown): node is Node =>
  typeof node === 'object' && node !== null && !Array.isArray(node)
