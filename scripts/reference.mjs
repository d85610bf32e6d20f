// Writes the files that are generated from the source: replyd.schema.json, docs/configuration.md and docs/reasons.md.
import { writeFileSync } from 'node:fs'
import { reasonsReference } from '../src/base/reasons.ts'
import { configJsonSchema, configurationReference } from '../src/config/reference.ts'

const file = (path) => new URL(`../${path}`, import.meta.url)
writeFileSync(file('replyd.schema.json'), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
writeFileSync(file('docs/configuration.md'), configurationReference())
writeFileSync(file('docs/reasons.md'), reasonsReference())
